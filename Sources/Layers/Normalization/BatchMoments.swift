internal import PinionTensor

/// Sums over a batch for each place of an axis, gathered lane by lane and then put together in the order of the lanes.
///
/// Means and squared deviations are taken part by part and merged by the formula of Chan, Golub and LeVeque (1983), in double precision, so that a
/// mean far from zero costs no digits.
struct BatchMoments {
  /// How many values a lane has gathered for each place.
  private let elements: MemoryView<Double>
  /// The mean, or Σ dy.
  private let first: MemoryView<Double>
  /// The sum of squared deviations from it, or Σ dy·x̂.
  private let second: MemoryView<Double>

  static func floats(_ count: Int) -> Int { 2 * (2 + 2 * count) }

  /// Two sums in double precision and two in single.
  static func scratchFloats(_ count: Int) -> Int { 6 * count }

  init(_ memory: MemoryView<Float>, count: Int) {
    let numbers = memory.rebound(to: Double.self)
    elements = numbers[0..<1]
    first = numbers[2..<2 + count]
    second = numbers[2 + count..<2 + 2 * count]
  }

  /// Takes in the values of some images.
  func add(
    _ x: MemoryView<Float>, layout: AxisLayout, images: Int, scratch: MemoryView<Float>,
    isFirst: Bool
  ) {
    let (sums, squares, single) = Self.split(scratch, count: layout.count)
    let number = Double(images * layout.outer * layout.inner)
    let center = AxisSums.addDeviations(
      x, layout: layout, images: images, single: single, into: sums)
    for c in 0..<layout.count { sums[c] = Double(center[c]) + sums[c] / number }
    AxisSums.addSquares(
      x, around: sums, layout: layout, images: images, single: single, into: squares)
    if isFirst {
      elements[0] = number
      first.copy(from: sums)
      second.copy(from: squares)
      return
    }
    let total = elements[0] + number
    for c in 0..<layout.count {
      let delta = sums[c] - first[c]
      second[c] += squares[c] + delta * delta * elements[0] * number / total
      first[c] += delta * number / total
    }
    elements[0] = total
  }

  /// Takes in Σ dy and Σ dy·x̂ of some images.
  func addProducts(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, coefficients: BatchCoefficients,
    layout: AxisLayout, images: Int, scratch: MemoryView<Float>, isFirst: Bool
  ) {
    let (sums, products, single) = Self.split(scratch, count: layout.count)
    AxisSums.addProducts(
      dy, x, coefficients: coefficients, layout: layout, images: images, single: single, into: sums,
      products)
    for c in 0..<layout.count {
      let deviations = products[c] - sums[c] * Double(coefficients.rest[c])
      let product = deviations * Double(coefficients.inverse[c])
      first[c] = isFirst ? sums[c] : first[c] + sums[c]
      second[c] = isFirst ? product : second[c] + product
    }
  }

  /// The mean and population variance of all lanes, in the scratch memory.
  static func total(
    _ context: LayerContext, count: Int
  ) -> (mean: MemoryView<Double>, variance: MemoryView<Double>) {
    let (mean, squares, _) = split(context.scratch, count: count)
    var number = 0.0
    mean.fill(0)
    squares.fill(0)
    for index in 0..<context.laneCount {
      let lane = BatchMoments(context.partials(lane: index), count: count)
      let added = lane.elements[0]
      let total = number + added
      for c in 0..<count {
        let delta = lane.first[c] - mean[c]
        squares[c] += lane.second[c] + delta * delta * number * added / total
        mean[c] += delta * added / total
      }
      number = total
    }
    for c in 0..<count { squares[c] /= number }
    return (mean, squares)
  }

  /// Σ dy and Σ dy·x̂ of all lanes, in the scratch memory.
  static func totalProducts(
    _ context: LayerContext, count: Int
  ) -> (gradients: MemoryView<Double>, products: MemoryView<Double>) {
    let (gradients, products, _) = split(context.scratch, count: count)
    gradients.fill(0)
    products.fill(0)
    for index in 0..<context.laneCount {
      let lane = BatchMoments(context.partials(lane: index), count: count)
      for c in 0..<count {
        gradients[c] += lane.first[c]
        products[c] += lane.second[c]
      }
    }
    return (gradients, products)
  }

  private static func split(
    _ scratch: MemoryView<Float>, count: Int
  ) -> (MemoryView<Double>, MemoryView<Double>, MemoryView<Float>) {
    let doubles = scratch[0..<4 * count].rebound(to: Double.self)
    return (doubles[0..<count], doubles[count..<2 * count], scratch[4 * count..<6 * count])
  }
}
