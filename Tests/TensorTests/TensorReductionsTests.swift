import PinionTensor
import Testing

@Suite struct TensorReductionsTests {
  /// All subsets of a shape's axes.
  private func subsets(_ rank: Int) -> [[Int]] {
    (0..<1 << rank).map { bits in (0..<rank).filter { bits & 1 << $0 != 0 } }
  }

  /// The elements that go into each result, by the shape with size 1 on the gathered axes.
  private func groups(_ tensor: Tensor, _ axes: [Int]) -> (kept: Shape, dropped: Shape, [[Float]]) {
    let shape = tensor.shape
    let kept = Shape(shape.indices.map { axes.contains($0) ? 1 : shape[$0] })
    let dropped = Shape(shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
    let elements = tensor.elements
    var gathered: [[Int]: [Float]] = [:]
    for position in positions(shape) {
      gathered[shrink(position, to: kept), default: []]
        .append(element(tensor, elements, at: position))
    }
    return (kept, dropped, positions(kept).map { gathered[shrink($0, to: kept)] ?? [] })
  }

  private func mean(_ group: [Float]) -> Double {
    group.reduce(0.0) { $0 + Double($1) } / Double(group.count)
  }

  private func variance(_ group: [Float]) -> Double {
    let mean = mean(group)
    return group.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      / Double(group.count)
  }

  /// Equal to one unit in the last place (sums in another order, then rounded), NaN where NaN is
  /// due.
  private func expect(
    _ tensor: Tensor, _ shape: Shape, _ expected: [Double],
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(tensor.shape == shape, sourceLocation: location)
    #expect(tensor.count == expected.count, sourceLocation: location)
    for (value, expected) in zip(tensor.elements, expected) {
      let fits =
        expected.isNaN
        ? value.isNaN : abs(Double(value) - expected) <= Double(Float(expected).ulp) + 1e-13
      #expect(fits, "\(value), \(expected)", sourceLocation: location)
    }
  }

  /// Sums of squares are finite in double precision, whatever the numbers; the deviation is within
  /// their range.
  @Test(arguments: [Float(1e18), 1e19, 1e30, 3e38]) func numbersOfAnyScale(scale: Float) {
    let tensor = Tensor(shape: [2, 3], elements: [-1, 1, 0.5, 0.25, 1, -0.5].map { $0 * scale })
    let deviations = tensor.standardDeviation(along: 1).elements
    #expect(abs(deviations[0] / scale - 0.849_836_6) < 1e-6)
    #expect(abs(deviations[1] / scale - 0.612_372_4) < 1e-6)
    let variance = tensor.variance(along: 1).elements
    let expected = Double(scale) * Double(scale) * 0.722_222_2
    #expect(
      expected > 3.4e38 ? variance[0] == .infinity : abs(Double(variance[0]) / expected - 1) < 1e-6)
    let largest = Tensor(shape: [2], elements: [3e38, 3e38])
    #expect(largest.mean() == 3e38)
  }

  @Test(arguments: shapeGrid) func sumsMeansAndVariancesAlongAxes(shape: Shape) {
    let tensor = sample(shape)
    for axes in subsets(shape.rank) {
      let (kept, dropped, groups) = groups(tensor, axes)
      let sums = groups.map { $0.reduce(0.0) { $0 + Double($1) } }
      let variances = groups.map(variance)
      let named = Axes(axes)
      let fromTheEnd = Axes(axes.map { $0 - shape.rank })
      expect(tensor.sum(along: named), dropped, sums)
      expect(tensor.sum(along: fromTheEnd, keepDimensions: true), kept, sums)
      expect(tensor.mean(along: named), dropped, groups.map(mean))
      expect(tensor.mean(along: named, keepDimensions: true), kept, groups.map(mean))
      expect(tensor.variance(along: named), dropped, variances)
      expect(tensor.variance(along: named, keepDimensions: true), kept, variances)
      let deviations = variances.map { $0.squareRoot() }
      expect(tensor.standardDeviation(along: named), dropped, deviations)
      expect(tensor.standardDeviation(along: fromTheEnd, keepDimensions: true), kept, deviations)
    }
    let all = tensor.elements
    expect(Tensor(tensor.sum()), [], [all.reduce(0.0) { $0 + Double($1) }])
    expect(Tensor(tensor.mean()), [], [mean(all)])
    expect(Tensor(tensor.variance()), [], [variance(all)])
    expect(Tensor(tensor.standardDeviation()), [], [variance(all).squareRoot()])
  }

  @Test(arguments: shapeGrid) func extremesAlongAxes(shape: Shape) {
    let tensor = sample(shape)
    for axes in subsets(shape.rank) {
      let (kept, dropped, groups) = groups(tensor, axes)
      guard groups.allSatisfy({ !$0.isEmpty }) else { continue }
      let named = Axes(axes)
      let maxima = groups.compactMap { $0.max() }
      let minima = groups.compactMap { $0.min() }
      #expect(tensor.max(along: named) == Tensor(shape: dropped, elements: maxima))
      #expect(
        tensor.max(along: named, keepDimensions: true) == Tensor(shape: kept, elements: maxima))
      #expect(tensor.min(along: named) == Tensor(shape: dropped, elements: minima))
      #expect(
        tensor.min(along: named, keepDimensions: true) == Tensor(shape: kept, elements: minima))
    }
    guard tensor.count > 0 else { return }
    #expect(tensor.max() == tensor.elements.max())
    #expect(tensor.min() == tensor.elements.min())
  }

  @Test(arguments: shapeGrid) func argmaxFindsTheFirst(shape: Shape) {
    // Few different numbers, so that the greatest comes more than once.
    let tensor = sample(shape).map { $0.rounded() }
    for axis in shape.indices {
      let groups = groups(tensor, [axis]).2
      guard groups.allSatisfy({ !$0.isEmpty }) else { continue }
      let expected = groups.map { group in group.firstIndex { $0 == group.max() } }
      #expect(tensor.argmax(along: axis) == expected)
      #expect(tensor.argmax(along: axis - shape.rank) == expected)
    }
    guard let greatest = tensor.elements.max() else { return }
    #expect(tensor.argmax() == tensor.elements.firstIndex(of: greatest))
  }

  @Test func notANumberWins() {
    let tensor = Tensor([[1, .nan, 3, .nan], [4, 2, 0, 9]])
    #expect(tensor.max(along: 1).elements.map(\.isNaN) == [true, false])
    #expect(tensor.min(along: 1).elements.map(\.isNaN) == [true, false])
    #expect(tensor.max(along: 0).elements.map(\.isNaN) == [false, true, false, true])
    #expect(tensor.max().isNaN && tensor.min().isNaN)
    #expect(tensor.argmax(along: 1) == [1, 3])
    #expect(tensor.argmax() == 1)
    let infinite = Tensor([-Float.infinity, -.infinity])
    #expect(infinite.max() == -.infinity && infinite.argmax() == 0)
  }

  @Test func emptySumsAreZeroAndEmptyMeansUndefined() {
    let empty = Tensor.zeros([2, 0])
    #expect(empty.sum(along: 1) == Tensor([0, 0]))
    #expect(empty.sum() == 0)
    #expect(empty.mean().isNaN && empty.variance().isNaN && empty.standardDeviation().isNaN)
    #expect(empty.mean(along: 1).elements.map(\.isNaN) == [true, true])
    #expect(empty.max(along: 0).shape == [0])
    #expect(empty.argmax(along: 0) == [])
  }

  @Test func longSumsKeepSmallTerms() {
    // In single precision a running sum would stop at 2²⁴.
    #expect(Tensor.ones([20_000_004]).sum() == 20_000_004)
    let column = Tensor.ones([40_000, 2]) * 0.1
    #expect(column.sum(along: 0).elements == [4_000, 4_000])
    #expect((Tensor(to: 100_001) + 1e6).variance() == Float(833_350_000.0 as Double))
  }
}
