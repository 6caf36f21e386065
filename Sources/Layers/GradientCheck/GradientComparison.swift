internal import PinionTensor

/// The comparison of a graph's gradients with finite differences, element by element.
struct GradientComparison {
  /// The largest magnitudes of inputs, for branches that are taken near zero or far from it.
  private static let amplitudes: [Float] = [1, 0.1, 10]
  /// The number of further points that are tried for an element with a kink nearby.
  private static let replacements = 4

  private let probe: GradientProbe
  private let seed: UInt64
  private let tolerance: Double
  /// The number of elements compared: in larger tensors they are distributed evenly, with other
  /// elements at each amplitude.
  private let elements: Int

  /// The results for a tensor at inputs of an amplitude.
  private struct Tally {
    var compared = 0
    var pending: [Int] = []
    var worst: (index: Int, computed: Double, expected: Double, error: Double)?

    mutating func add(_ index: Int, computed: Double, expected: Double, error: Double) {
      compared += 1
      // NaN counts as the worst.
      if let worst, !(error > worst.error || error.isNaN) { return }
      worst = (index, computed, expected, error.isNaN ? .infinity : error)
    }
  }

  static func result(
    graph: Graph, loss: (any Loss)?, targets: [AlignedBuffer], batch: Int, seed: UInt64,
    tolerance: Double, elements: Int
  ) -> GradientCheckResult {
    let comparison = GradientComparison(
      probe: GradientProbe(graph: graph, loss: loss, targets: targets, batch: batch), seed: seed,
      tolerance: tolerance, elements: max(1, elements))
    return GradientCheckResult(
      findings: amplitudes.flatMap { comparison.findings(amplitude: $0) }, tolerance: tolerance)
  }

  private func findings(amplitude: Float) -> [GradientCheckResult.Finding] {
    var tallies = probe.tensors.map { tensor in
      var tally = Tally()
      tally.pending = numbers(tensor, amplitude)
      return tally
    }
    var isBeyond = false
    for round in 0...Self.replacements where tallies.contains(where: { !$0.pending.isEmpty }) {
      let point = UInt64(round) &* 0x9E37_79B9 &+ UInt64(amplitude.bitPattern) &* 0x85EB_CA6B
      probe.move(seed: seed &+ point, amplitude: amplitude)
      let center = probe.values()
      // Functions may overflow for large inputs.
      if amplitude > 1, !center.allSatisfy(\.isFinite) {
        isBeyond = true
        break
      }
      let gradients = probe.gradients()
      for (place, tensor) in probe.tensors.enumerated() {
        compare(tensor, gradients[place], center: center, &tallies[place])
      }
    }
    return zip(probe.tensors, tallies).flatMap {
      findings($0, $1, amplitude, wantsAll: !isBeyond)
    }
  }

  /// The elements to compare: all, or one of each of equally large sections.
  private func numbers(_ tensor: GradientProbe.Tensor, _ amplitude: Float) -> [Int] {
    let (count, sections) = (tensor.values.count, elements)
    guard count > sections else { return Array(0..<count) }
    var random = RandomStream(
      seed: seed, purpose: "gradient check/" + tensor.name, Int(amplitude.bitPattern)
    ).generator
    return (0..<sections).map { section in
      let start = section * count / sections
      return start + random.next(below: (section + 1) * count / sections - start)
    }
  }

  /// Compares the pending elements; those with a kink nearby remain pending.
  private func compare(
    _ tensor: GradientProbe.Tensor, _ gradient: [Float], center: [Float], _ tally: inout Tally
  ) {
    let size = probe.size(center)
    var pending: [Int] = []
    for index in tally.pending {
      let smooth = DifferenceQuotient.smooth(
        center: center, size: size, projection: probe.projection, tolerance: tolerance
      ) { probe.values(moving: tensor, at: index, by: $0) }
      guard let smooth else {
        pending.append(index)
        continue
      }
      let computed = Double(gradient[index])
      let difference = abs(computed - smooth.derivative)
      let excess = difference <= smooth.uncertainty ? 0 : difference - smooth.uncertainty
      let largest = max(abs(computed), abs(smooth.derivative))
      tally.add(
        index, computed: computed, expected: smooth.derivative,
        error: excess == 0 ? 0 : excess / largest)
    }
    tally.pending = pending
  }

  private func findings(
    _ tensor: GradientProbe.Tensor, _ tally: Tally, _ amplitude: Float, wantsAll: Bool
  ) -> [GradientCheckResult.Finding] {
    var findings: [GradientCheckResult.Finding] = []
    let inputs = "inputs within ±\(amplitude)"
    if let worst = tally.worst {
      findings.append(
        .init(
          tensor: tensor.name, kind: "element \(worst.index), \(inputs)", computed: worst.computed,
          expected: worst.expected, error: worst.error))
    }
    // A few elements may be near a kink at all points; if many are, the check is inconclusive.
    if wantsAll, tally.pending.count * 4 > tally.pending.count + tally.compared {
      findings.append(
        .init(
          tensor: tensor.name,
          kind: "\(tally.pending.count) elements without a smooth surrounding, \(inputs)",
          computed: .nan, expected: .nan, error: .infinity))
    }
    return findings
  }
}
