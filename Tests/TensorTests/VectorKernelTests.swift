import Foundation
import PinionTensor
import Testing

/// C loops compared with plain ones, at lengths around those of vectors.
@Suite struct VectorKernelTests {
  private static let special: [Float] = [
    .nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1, -1, 3,
    -3, 0.1, 1e30, -1e30, 7.5, -2.5,
  ]

  private func isEqual(_ found: Float, _ expected: Float) -> Bool {
    found.isNaN
      ? expected.isNaN : found == expected && found.sign == expected.sign
  }

  /// NumPy's `mod`: exact, with the divisor's sign, of zeros too.
  private func remainder(_ a: Float, _ b: Float) -> Float {
    let rest = fmodf(a, b)
    if rest == 0 { return Float(signOf: b, magnitudeOf: 0) }
    return (rest < 0) != (b < 0) ? rest + b : rest
  }

  @Test func remaindersOfAnyPair() {
    let stream = RandomStream(seed: 4, purpose: "remainder")
    let many = Tensor.normal(shape: [500], from: stream).elements
    let dividends = Self.special + many + many.map { $0 * 1e9 } + (0..<99).map { Float($0) * 0.1 }
    for divisor in Self.special + [0.1, -0.1, 1e-9] {
      let found = Tensor(dividends).remainder(dividingBy: Tensor([divisor])).elements
      let expected = dividends.map { remainder($0, divisor) }
      #expect(zip(found, expected).allSatisfy(isEqual), "\(divisor)")
    }
    let others = Array(dividends.reversed())
    let found = Tensor(dividends).remainder(dividingBy: Tensor(others)).elements
    #expect(zip(found, zip(dividends, others)).allSatisfy { isEqual($0, remainder($1.0, $1.1)) })
    let left = Tensor([7.5]).remainder(dividingBy: Tensor(others)).elements
    #expect(zip(left, others).allSatisfy { isEqual($0, remainder(7.5, $1)) })
    let wide = DoubleTensor([4, -4]).remainder(dividingBy: DoubleTensor([-2, 2])).elements
    #expect(wide.map(\.sign) == [.minus, .plus])
  }

  @Test(arguments: [0, 1, 7, 16, 17, 31, 64, 100]) func clippingAndFiniteness(count: Int) {
    let numbers = (0..<count).map { Self.special[$0 % Self.special.count] }
    let clipped = numbers.map { $0.isNaN ? $0 : min(max($0, -2), 2.5) }
    #expect(zip(Tensor(numbers).clamped(to: -2...2.5).elements, clipped).allSatisfy(isEqual))
    let wide = numbers.map { Double($0) }
    let found = DoubleTensor(wide).clamped(to: -2...2.5).elements
    #expect(zip(found, clipped).allSatisfy { isEqual(Float($0), $1) })
    #expect(Tensor(numbers).isFinite().elements == numbers.map(\.isFinite))
    #expect(DoubleTensor(wide).isFinite().elements == wide.map(\.isFinite))
    #expect(Tensor(numbers).squared().elements.description == numbers.map { $0 * $0 }.description)
    let negated = (-Tensor(numbers)).elements, magnitudes = Tensor(numbers).abs().elements
    #expect(negated.map(\.bitPattern) == numbers.map { (-$0).bitPattern })
    #expect(magnitudes.map(\.bitPattern) == numbers.map(\.magnitude.bitPattern))
  }

  /// Rows of bytes, floats and doubles around the sizes that are copied at once.
  @Test(arguments: [1, 3, 7, 8, 9, 15, 16, 31, 32, 33, 63, 64, 65, 100, 129, 300])
  func partsOfRows(size: Int) {
    let whole = Tensor(to: Float(3 * (size + 5))).reshaped(to: [3, size + 5])
    let part = whole[0..., 2..<(size + 2)]
    let expected = (0..<3).flatMap { row in (0..<size).map { Float(row * (size + 5) + 2 + $0) } }
    #expect(part.shape == [3, size] && part.elements == expected)
    #expect(DoubleTensor(whole)[0..., 2..<(size + 2)].elements == expected.map { Double($0) })
    let odd = whole.remainder(dividingBy: Tensor([2])) .> 0
    #expect(odd[0..., 2..<(size + 2)].elements == expected.map { Int($0) % 2 == 1 })
    var target = Tensor.zeros([3, size + 5])
    target[0..., 2..<(size + 2)] = part
    #expect(target.sum() == part.sum() && target[0..., 2..<(size + 2)] == part)
    let joined = Tensor.concatenate([part, whole], along: 1)
    #expect(joined[0..., 0..<size] == part && joined[0..., size...] == whole)
  }

  /// Products that OpenBLAS does not compute, some of them in panels, with each number of columns
  /// after whole strips.
  @Test(arguments: [1, 2, 3, 5, 6, 7, 11, 12, 13, 20, 24, 37], [1, 2, 8, 17]) func smallProducts(
    rows: Int, depth: Int
  ) {
    for columns in 6...41 {
      let stream = RandomStream(seed: 6, purpose: "product", columns)
      let left = Tensor.uniform(in: -1..<1, shape: [2, rows, depth], from: stream)
      let right = Tensor.uniform(in: -1..<1, shape: [2, depth, columns], from: stream.substream(1))
      let (a, b, c) = (left.elements, right.elements, left.matmul(right).elements)
      var largest = 0.0
      for batch in 0..<2 {
        for i in 0..<rows {
          for j in 0..<columns {
            let sum = (0..<depth).reduce(0.0) { sum, l in
              sum + Double(a[(batch * rows + i) * depth + l])
                * Double(b[(batch * depth + l) * columns + j])
            }
            largest = max(largest, abs(Double(c[(batch * rows + i) * columns + j]) - sum))
          }
        }
      }
      #expect(largest < 2e-6, "\(rows), \(columns), \(depth)")
      // The right matrices transposed, which einsum does not copy.
      let turned = Tensor.einsum("bij,bkj->bik", left, right.transposed([0, 2, 1])).elements
      #expect(zip(turned, c).allSatisfy { abs($0 - $1) < 2e-6 }, "\(rows), \(columns), \(depth)")
    }
  }
}
