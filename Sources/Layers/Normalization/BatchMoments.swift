internal import CPinionKernels
internal import PinionTensor

/// Sums over a batch for each place of an axis, computed for each lane and then merged along the
/// ``LaneTree``, in double precision.
///
/// Means and squared deviations are computed for parts of the batch and merged by the formula of
/// Chan, Golub and LeVeque (1983), which is accurate for means far from zero.
struct BatchMoments {
  /// The number of values added for each place.
  private let valueCount: MemoryView<Double>
  /// In the forward pass the mean, in the backward pass dβ = Σ dy.
  private let first: MemoryView<Double>
  /// In the forward pass Σ (x − mean)², in the backward pass dγ = Σ dy·x̂.
  private let second: MemoryView<Double>

  /// Doubles that hold the moments of `count` places; zeros are those of no values.
  static func size(_ count: Int) -> Int { 1 + 2 * count }

  /// - Parameter memory: ``size(_:)`` doubles.
  init(_ memory: MemoryView<Double>, count: Int) {
    valueCount = memory[0..<1]
    first = memory[1..<1 + count]
    second = memory[1 + count..<1 + 2 * count]
  }

  /// Memory of a call, for `count` places.
  struct Scratch {
    /// Sums of the call, (count,) each.
    let sums, products: MemoryView<Double>
    /// Partial sums in single precision, and centers, (2, count).
    let single: MemoryView<Float>

    static func doubles(_ count: Int) -> Int { 2 * count }
    static func floats(_ count: Int) -> Int { 2 * count }

    init(doubles: MemoryView<Double>, floats: MemoryView<Float>) {
      let count = doubles.count / 2
      (sums, products) = (doubles[0..<count], doubles[count..<2 * count])
      single = floats
    }
  }

  /// Adds the values of some samples.
  func add(_ x: MemoryView<Float>, layout: AxisLayout, samples: Int, scratch: Scratch) {
    let (sums, squares) = (scratch.sums, scratch.products)
    let count = Double(samples * layout.outer * layout.inner)
    let center = AxisSums.addDeviations(
      x, layout: layout, samples: samples, single: scratch.single, into: sums)
    let means = sums
    for c in 0..<layout.count { means[c] = Double(center[c]) + sums[c] / count }
    AxisSums.addSquares(
      x, around: means, layout: layout, samples: samples, single: scratch.single, into: squares)
    merge(count, mean: means, squares: squares)
  }

  /// Σ dy.
  var dBeta: MemoryView<Double> { first }

  /// Σ dy·x̂.
  var dGamma: MemoryView<Double> { second }

  /// Adds Σ dy and Σ dy·x̂ of some samples.
  func addGradients(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, coefficients: BatchCoefficients,
    layout: AxisLayout, samples: Int, scratch: Scratch
  ) {
    let (sums, products) = (scratch.sums, scratch.products)
    AxisSums.addProducts(
      dy, x, coefficients: coefficients, layout: layout, samples: samples, single: scratch.single,
      into: sums, products)
    for c in 0..<layout.count {
      // Σ dy·(x − μ), in the unit of the place; `products` is around `mean`, μ rounded.
      let centered = products[c] - sums[c] * Double(coefficients.rest[c])
      first[c] += sums[c]
      second[c] += centered * Double(coefficients.inverse[c])
    }
  }

  /// Merges the mean and the squared deviations of another part of the batch.
  func merge(_ other: BatchMoments) {
    merge(other.valueCount[0], mean: other.first, squares: other.second)
  }

  private func merge(
    _ addedCount: Double, mean: MemoryView<Double>, squares: MemoryView<Double>
  ) {
    let count = valueCount[0]
    if count == 0 {
      valueCount[0] = addedCount
      first.copy(from: mean)
      second.copy(from: squares)
      return
    }
    let total = count + addedCount
    for c in first.indices {
      let delta = mean[c] - first[c]
      second[c] += squares[c] + delta * delta * count * addedCount / total
      first[c] += delta * addedCount / total
    }
    valueCount[0] = total
  }

  /// The mean of the values of a place.
  func mean(_ c: Int) -> Double { first[c] }

  /// The population variance of the values of a place.
  func variance(_ c: Int) -> Double { second[c] / valueCount[0] }
}

/// The handles of the memory for the moments of each lane.
struct MomentsHandle: Sendable {
  private let sums: MemoryHandle<Double>
  private let doubles: MemoryHandle<Double>
  private let floats: MemoryHandle<Float>
  private let count: Int

  init(count: Int, in program: inout LayerProgram) {
    sums = program.reserve(.laneSums, of: Double.self, count: BatchMoments.size(count))
    doubles = program.reserve(
      .scratch, of: Double.self, count: BatchMoments.Scratch.doubles(count))
    floats = program.reserve(.scratch, count: BatchMoments.Scratch.floats(count))
    self.count = count
  }

  /// The moments of the lane that runs.
  subscript(context: LayerContext) -> BatchMoments {
    BatchMoments(context[sums], count: count)
  }

  func scratch(_ context: LayerContext) -> BatchMoments.Scratch {
    .init(doubles: context[doubles], floats: context[floats])
  }

  /// Merges the lanes' means and squared deviations.
  func mergeLanes(_ context: LayerContext) -> BatchMoments {
    LaneTree.reduce(count: context.laneCount) { target, source in
      BatchMoments(context.sums(sums, lane: target), count: count).merge(
        BatchMoments(context.sums(sums, lane: source), count: count))
    }
    return BatchMoments(context.sums(sums, lane: 0), count: count)
  }

  /// Adds the lanes' Σ dy and Σ dy·x̂.
  func sumGradients(
    _ context: LayerContext
  ) -> (dBeta: MemoryView<Double>, dGamma: MemoryView<Double>) {
    let total = BatchMoments(context.total(of: sums), count: count)
    return (total.dBeta, total.dGamma)
  }
}
