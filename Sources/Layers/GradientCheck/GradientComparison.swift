internal import PinionTensor

/// A graph on random numbers, its gradients, and differences to compare them with.
struct GradientComparison {
  /// The steps of the differences along a direction whose elements are in −1…1. The nearest to what was computed counts: a
  /// short one is noisy, a long one crosses more of the kinks of rectifiers and maxima, and a wrong gradient is wrong for all.
  private static let steps: [Float] = [0.004, 0.001, 0.000_25, 0.000_06]
  /// The most points that are tried. Of a network of rectifiers and maxima about every third has a kink
  /// near that shows.
  private static let points = 8
  /// Directions for each tensor.
  private static let directions = 4
  /// The largest tensor that is compared element by element.
  private static let smallTensor = 64

  private let weights: Weights
  private let workspace: Workspace
  private let inputs: AlignedBuffer
  private let targets: AlignedBuffer
  private let seed: UInt64

  private init(graph: Graph, loss: any Loss, targets: AlignedBuffer, batch: Int, seed: UInt64) {
    self.targets = targets
    self.seed = seed
    weights = Weights(graph: graph, seed: seed)
    // Biases start at zero and factors at one, where errors may hide.
    let noise = AlignedBuffer(count: weights.trainable.count)
    RandomStream(seed: seed, purpose: "gradient check/weights")
      .fillUniform(noise.view, in: -0.25..<0.25)
    for i in noise.view.indices { weights.trainable[i] += noise.view[i] }
    inputs = AlignedBuffer(count: batch * graph.inputShape.elementCount)
    RandomStream(seed: seed, purpose: "gradient check/input").fillUniform(inputs.view, in: -1..<1)
    let plan = Plan(
      graph: graph,
      request: .init(
        mode: .training, batch: batch, loss: loss, isBackward: true, wantsInputGradient: true))
    workspace = Workspace(plan: plan, weights: weights, pool: ThreadPool(threads: 1))
  }

  /// Compares at one point after the other until one passes; where none does, the first says what differs.
  static func result(
    graph: Graph, loss: any Loss, targets: AlignedBuffer, batch: Int, seed: UInt64,
    tolerance: Double
  ) -> GradientCheckResult {
    let results = (0..<points).lazy.map { point in
      GradientComparison(
        graph: graph, loss: loss, targets: targets, batch: batch,
        seed: seed &+ UInt64(point) &* 0x9E37_79B9
      ).result(tolerance: tolerance)
    }
    let first = results[0]
    return first.isPassed ? first : results.dropFirst().first(where: \.isPassed) ?? first
  }

  private func result(tolerance: Double) -> GradientCheckResult {
    let value = self.value()
    let gradients = workspace.gradients.array
    let inputGradient = workspace.inputGradient?.array ?? []
    var findings = compare("input", inputs.view, inputGradient, value: value)
    for entry in weights.entries where entry.isTrainable {
      findings += compare(
        entry.name, weights.view(of: entry), Array(gradients[entry.range]), value: value)
    }
    return GradientCheckResult(findings: findings, tolerance: tolerance)
  }

  private func value() -> Double {
    workspace.run(inputs: inputs.view, targets: targets.view, seed: seed)
    return workspace.meanLoss
  }

  private func compare(
    _ name: String, _ tensor: MemoryView<Float>, _ gradient: [Float], value: Double
  ) -> [GradientCheckResult.Finding] {
    // What rounding alone may do to a difference.
    let noise = 1e-6 * (abs(value) + 0.01) / Double(Self.steps[0])
    var findings: [GradientCheckResult.Finding] = []
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    for number in 0..<Self.directions {
      let direction = AlignedBuffer(count: tensor.count)
      RandomStream(seed: seed, purpose: "gradient check/" + name, number)
        .fillUniform(direction.view, in: -1..<1)
      var computed = 0.0
      for i in tensor.indices { computed += Double(gradient[i]) * Double(direction.view[i]) }
      let expected = difference(tensor, along: direction.view, nearest: computed)
      // The usual size of such a derivative, for a direction may happen to be level.
      let usual = norm / 3.0.squareRoot()
      findings.append(
        .init(
          tensor: name, kind: "direction \(number)", computed: computed, expected: expected,
          error: Self.excess(abs(computed - expected), noise) / (abs(expected) + usual + noise)))
    }
    if tensor.count <= Self.smallTensor {
      findings.append(compareElements(name, tensor, gradient, noise: noise))
    }
    return findings
  }

  private func compareElements(
    _ name: String, _ tensor: MemoryView<Float>, _ gradient: [Float], noise: Double
  ) -> GradientCheckResult.Finding {
    let direction = AlignedBuffer(count: tensor.count)
    var squares = (computed: 0.0, expected: 0.0, difference: 0.0)
    for i in tensor.indices {
      direction.view[i] = 1
      let computed = Double(gradient[i])
      let expected = difference(tensor, along: direction.view, nearest: computed)
      direction.view[i] = 0
      squares.computed += computed * computed
      squares.expected += expected * expected
      squares.difference += (computed - expected) * (computed - expected)
    }
    let floor = noise * Double(tensor.count).squareRoot()
    let (difference, norm) = (squares.difference.squareRoot(), squares.expected.squareRoot())
    return .init(
      tensor: name, kind: "elements", computed: squares.computed.squareRoot(), expected: norm,
      error: Self.excess(difference, floor) / (norm + floor))
  }

  private static func excess(_ difference: Double, _ noise: Double) -> Double {
    difference <= noise ? 0 : difference - noise
  }

  /// The five-point difference of the value along a direction that is nearest to the computed derivative.
  private func difference(
    _ tensor: MemoryView<Float>, along direction: MemoryView<Float>, nearest computed: Double
  ) -> Double {
    let original = tensor.array
    func moved(_ distance: Float) -> Double {
      for i in tensor.indices { tensor[i] = original[i] + distance * direction[i] }
      let result = value()
      for i in tensor.indices { tensor[i] = original[i] }
      return result
    }
    let differences = Self.steps.map { step in
      let (near, far) = (moved(step) - moved(-step), moved(2 * step) - moved(-2 * step))
      return (8 * near - far) / (12 * Double(step))
    }
    return differences.min { abs($0 - computed) < abs($1 - computed) } ?? .nan
  }
}
