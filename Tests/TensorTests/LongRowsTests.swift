import PinionTensor
import Testing

/// Operations that treat long rows in parts, by candidates or by wider digits, compared with the
/// standard library's.
@Suite struct LongRowsTests {
  @Test(arguments: [2_047, 2_048, 2_049, 5_000]) func extremesAreTheFirst(count: Int) {
    let values = (0..<count).map { Float($0 % 7) }
    for (first, second) in [(0, count - 1), (3, 2_040), (1_000, count - 1), (2_040, count - 1)] {
      var (high, low, unknown) = (values, values, values)
      for place in [first, second] {
        (high[place], low[place], unknown[place]) = (9, -9, .nan)
      }
      #expect(Tensor(high).argmax() == first)
      #expect(Tensor(low).argmin() == first)
      #expect(Tensor(unknown).argmax() == first && Tensor(unknown).argmin() == first)
      // What follows a NaN is not larger.
      unknown[count - 1] = .infinity
      #expect(Tensor(unknown).argmax() == min(first, count - 1))
      #expect(DoubleTensor(high.map { Double($0) }).argmax() == first)
    }
    let rows = Tensor(shape: [2, count], elements: values + values.map { -$0 })
    #expect(rows.argmax(along: 1) == [6, 0] && rows.argmin(along: 1) == [0, 6])
    #expect(rows.transposed().argmax(along: 0) == [6, 0])
  }

  /// Numbers of which many are equal, both zeros and NaN among them.
  private func numbers(_ count: Int) -> [Float] {
    let stream = RandomStream(seed: 5, purpose: "long rows", count)
    return Tensor.uniform(shape: [count], from: stream).elements.map {
      $0 < 0.01 ? .nan : $0 < 0.05 ? -0.0 : ($0 * 512).rounded() / 16 - 16
    }
  }

  /// In ascending or descending order, equal numbers in that of their positions; NaN is largest.
  private func order(_ values: [Float], descending: Bool = false) -> [Int32] {
    let precedes = { (a: Float, b: Float) in a < b || b.isNaN && !a.isNaN }
    return values.indices.sorted { i, j in
      let (a, b) = descending ? (values[j], values[i]) : (values[i], values[j])
      return precedes(a, b) || !precedes(b, a) && i < j
    }.map { Int32($0) }
  }

  @Test(arguments: [127, 128, 1_000, 16_383, 16_384, 40_000]) func sortingIsStable(count: Int) {
    let values = numbers(count)
    let expected = order(values)
    let tensor = Tensor(values)
    #expect(tensor.argsort().elements == expected)
    let sorted = tensor.sorted().elements
    #expect(
      zip(sorted, expected).allSatisfy { number, place in
        number == values[Int(place)] || number.isNaN && values[Int(place)].isNaN
      })
    #expect(DoubleTensor(values.map { Double($0) }).argsort().elements == expected)
  }

  @Test(arguments: [1, 7, 32, 33, 200], [100, 500, 3_000]) func theTopOnesAreTheFirstInOrder(
    kept: Int, count: Int
  ) {
    let values = numbers(count)
    let tensor = Tensor(values)
    let number = min(kept, count)
    for largest in [true, false] {
      let expected = Array(order(values, descending: largest).prefix(number))
      #expect(tensor.topK(number, largest: largest).positions.elements == expected)
      // In columns.
      let columns = Tensor.stack([tensor, tensor], along: 1)
      let found = columns.topK(number, along: 0, largest: largest).positions
      #expect(found.elements == expected.flatMap { [$0, $0] })
    }
  }

  @Test(arguments: [39, 40, 41, 47, 48, 300]) func equalPositionsAreAddedOneAfterAnother(
    count: Int
  ) {
    let stream = RandomStream(seed: 6, purpose: "positions", count)
    let values = Tensor.uniform(shape: [2, count], from: stream)
    // Far apart, equal neighbors, and counted from the end.
    let positions = (0..<2 * count).map { Int32(($0 * 7 / 2 + $0 % 3) % count - count / 2) }
    var expected = (0..<2 * count).map { Float($0) }
    var found = Tensor(shape: [2, count], elements: expected)
    found.scatterAdd(values, to: IndexTensor(shape: [2, count], elements: positions), along: 1)
    for (index, value) in values.elements.enumerated() {
      let column = (Int(positions[index]) + count) % count
      expected[index / count * count + column] += value
    }
    #expect(found.elements == expected)
  }
}
