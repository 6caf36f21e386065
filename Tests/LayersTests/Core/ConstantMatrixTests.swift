import PinionTensor
import Testing

@testable import PinionLayers

/// Products with stored matrices against sums in double precision.
@Suite struct ConstantMatrixTests {
  private static let rows = [1, 2, 3, 5, 6, 7, 12, 13, 25]

  private func values(_ count: Int, _ purpose: String) -> [Float] {
    Tensor.uniform(shape: [count], from: RandomStream(seed: 2, purpose: purpose)).elements.map {
      $0 - 0.5
    }
  }

  /// C = A·B by a matrix that was stored as it is or transposed; NaN where nothing was written.
  private func product(
    _ matrix: ConstantMatrix, _ a: [Float], _ b: [Float], columns: Range<Int>? = nil,
    isTransposed: Bool = false, finish: ProductEpilogue? = nil
  ) -> [Float] {
    let count = a.count / matrix.rows
    let (stored, c) = (
      AlignedBuffer(count: matrix.floats), AlignedBuffer(count: count * matrix.columns)
    )
    stored.view.fill(.nan)
    c.view.fill(.nan)
    if isTransposed {
      var transposed = b
      for k in 0..<matrix.rows {
        for n in 0..<matrix.columns {
          transposed[n * matrix.rows + k] = b[k * matrix.columns + n]
        }
      }
      matrix.storeTranspose(of: transposed, in: stored.view.base)
    } else {
      matrix.store(b, in: stored.view.base)
    }
    ComputeScope.run {
      matrix.multiply(
        a, count: count, by: stored.view.base, into: c.view.base, columns: columns,
        finish: finish)
    }
    return c.view.indices.map { c.view[$0] }
  }

  /// So that a parameter of as many columns need not be stored.
  @Test func onePanelIsStoredUnchanged() {
    let matrix = ConstantMatrix(rows: 9, columns: ConstantMatrix.panelWidth)
    let b = values(matrix.rows * matrix.columns, "b")
    let stored = AlignedBuffer(count: matrix.floats)
    matrix.store(b, in: stored.view.base)
    #expect(stored.view.array == b)
  }

  @Test(arguments: [1, 7, 8, 16, 17, 32, 40, 96], [1, 3, 8, 9, 33, 768, 769, 1537])
  func equalsItsDefinition(columns: Int, depth: Int) {
    let matrix = ConstantMatrix(rows: depth, columns: columns)
    let b = values(depth * columns, "b")
    let tolerance = Double(depth).squareRoot() * 1e-6
    for count in Self.rows {
      let a = values(count * depth, "a")
      let found = product(matrix, a, b)
      let transposed = product(matrix, a, b, isTransposed: true)
      for i in 0..<count {
        for j in 0..<columns {
          var sum = 0.0
          for k in 0..<depth { sum += Double(a[i * depth + k]) * Double(b[k * columns + j]) }
          #expect(abs(Double(found[i * columns + j]) - sum) < tolerance)
          #expect(found[i * columns + j] == transposed[i * columns + j])
        }
      }
    }
  }

  /// Equal terms, whose roundings do not cancel: an error grows with the number of terms that are
  /// summed one after the other, at most 768, and with the number of such sums.
  @Test(arguments: [1, 2, 13], [20_000, 65_537])
  func errorOfManyTerms(count: Int, depth: Int) {
    let matrix = ConstantMatrix(rows: depth, columns: 17)
    let a = [Float](repeating: 0.1, count: count * depth)
    let b = [Float](repeating: 1, count: depth * 17)
    let sum = Double(Float(0.1)) * Double(depth)
    let roundings = Double(768 + depth / 768)
    for value in product(matrix, a, b) {
      #expect(abs(Double(value) - sum) <= roundings * 0x1p-24 * sum)
    }
  }

  @Test func writesOnlyTheColumnsAskedFor() {
    let matrix = ConstantMatrix(rows: 5, columns: 40)
    let (a, b) = (values(4 * 5, "a"), values(5 * 40, "b"))
    let all = product(matrix, a, b)
    for part in [0..<16, 16..<40, 32..<40, 0..<40] {
      let found = product(matrix, a, b, columns: part)
      for i in 0..<4 {
        for j in 0..<40 {
          let value = found[i * 40 + j]
          if part.contains(j) {
            #expect(abs(value - all[i * 40 + j]) < 1e-6)
          } else {
            #expect(value.isNaN)
          }
        }
      }
    }
  }

  /// Bias and activation in a product give the bits of a pass over its sums, for all columns and
  /// from one in the middle on, with stored panels and with panels made for the product.
  @Test(
    .enabled(if: BLAS.prefersPanels), arguments: [1, 8, 17, 40, 96], [1, 9, 33, 768, 769, 1537])
  func finishesItsSums(columns: Int, depth: Int) {
    let matrix = ConstantMatrix(rows: depth, columns: columns)
    let b = values(depth * columns, "b")
    let bias = Numbers(columns, "bias")
    let from = columns / 2 / 16 * 16
    for (count, slope) in Self.rows.flatMap({ count in [0, 0.25, 1].map { (count, $0) } }) {
      let a = values(count * depth, "a")
      let expected = product(matrix, a, b).enumerated().map { index, sum in
        let z = sum + bias.view[index % columns]
        return z < 0 ? Float(slope) * z : z
      }
      let finish = ProductEpilogue(bias: bias.view, slope: Float(slope))
      let found = product(matrix, a, b, finish: finish)
      let part = product(matrix, a, b, columns: from..<columns, finish: finish)
      let packed = packedProduct(matrix, a, b, finish: finish)
      for index in expected.indices {
        #expect(found[index] == expected[index])
        #expect(packed[index] == expected[index])
        #expect(index % columns < from ? part[index].isNaN : part[index] == expected[index])
      }
    }
  }

  /// C = A·B with panels of B that are made for the product.
  private func packedProduct(
    _ matrix: ConstantMatrix, _ a: [Float], _ b: [Float], finish: ProductEpilogue
  ) -> [Float] {
    let count = a.count / matrix.rows
    let c = Numbers.poisoned(count * matrix.columns)
    let scratch = Numbers.poisoned(matrix.panelFloats)
    matrix.multiply(
      a, count: count, packing: b, isTransposed: false, scratch: scratch.view.base,
      into: c.view.base, columns: 0..<matrix.columns, finish: finish)
    return c.view.array
  }

  /// A row's NaN and infinity reach that row alone.
  @Test func nonFiniteRows() {
    let matrix = ConstantMatrix(rows: 9, columns: 20)
    let b = values(9 * 20, "b")
    var a = values(7 * 9, "a")
    a[1 * 9 + 4] = .nan
    a[5 * 9 + 2] = .infinity
    let found = product(matrix, a, b)
    for i in 0..<7 {
      let row = found[i * 20..<(i + 1) * 20]
      #expect(row.allSatisfy { i == 1 ? $0.isNaN : i == 5 ? !$0.isFinite : $0.isFinite })
    }
  }
}
