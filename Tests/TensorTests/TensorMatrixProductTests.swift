import PinionTensor
import PinionTestSupport
import Testing

@Suite struct TensorMatrixProductTests {
  /// Left, right and the result by NumPy's rules.
  static let shapes: [(Shape, Shape, Shape)] = [
    ([1, 1], [1, 1], [1, 1]), ([3, 4], [4, 5], [3, 5]), ([33, 17], [17, 65], [33, 65]),
    ([1, 9], [9, 1], [1, 1]), ([9, 1], [1, 9], [9, 9]), ([2, 3, 4], [4, 5], [2, 3, 5]),
    ([3, 4], [2, 4, 5], [2, 3, 5]), ([2, 3, 4], [2, 4, 5], [2, 3, 5]),
    ([2, 1, 3, 4], [6, 4, 5], [2, 6, 3, 5]), ([1, 3, 4], [7, 4, 2], [7, 3, 2]),
    ([5, 2, 3, 4], [5, 1, 4, 2], [5, 2, 3, 2]), ([4], [4, 5], [5]), ([3, 4], [4], [3]),
    ([4], [4], []), ([4], [2, 4, 5], [2, 5]), ([2, 3, 4], [4], [2, 3]), ([3, 0], [0, 5], [3, 5]),
    ([0, 4], [4, 5], [0, 5]), ([3, 4], [4, 0], [3, 0]), ([0, 3, 4], [4, 5], [0, 3, 5]),
    ([0, 3, 4], [1, 4, 5], [0, 3, 5]), ([0], [0], []),
  ]

  @Test(arguments: shapes) func isTheSumOverTheInnerAxis(left: Shape, right: Shape, result: Shape) {
    let (a, b) = (sample(left, "left"), sample(right, "right"))
    let (x, y) = (a.elements, b.elements)
    // With the axes that a vector lacks.
    let wideLeft = left.rank == 1 ? left.prepending(1) : left
    let wideRight = right.rank == 1 ? Shape(right.dimensions + [1]) : right
    var wide = result.dimensions
    if left.rank == 1 { wide.insert(1, at: right.rank == 1 ? 0 : wide.count - 1) }
    if right.rank == 1 { wide.append(1) }
    let (wideA, wideB) = (a.reshaped(to: wideLeft), b.reshaped(to: wideRight))
    let expected = positions(Shape(wide)).map { position in
      let (batch, i, j) = (
        Array(position.dropLast(2)), position[position.count - 2], position.last ?? 0
      )
      let leftBatch = shrink(batch, to: Shape(Array(wideLeft.dropLast(2))))
      let rightBatch = shrink(batch, to: Shape(Array(wideRight.dropLast(2))))
      return (0..<wideLeft[wideLeft.rank - 1]).reduce(0.0) { sum, k in
        let l = element(wideA, x, at: leftBatch + [i, k])
        let r = element(wideB, y, at: rightBatch + [k, j])
        return sum + Double(l) * Double(r)
      }
    }
    let product = a.matmul(b)
    #expect(product.shape == result)
    #expect(relativeDifference(product.elements, expected.map { Float($0) }) < 1e-6)
  }

  /// Products without sums.
  @Test func einsumOfElements() {
    let shape: Shape = [100, 100]
    let left = Tensor.normal(shape: shape, from: RandomStream(seed: 1, stream: 0))
    let right = Tensor.normal(shape: shape, from: RandomStream(seed: 1, stream: 1))
    let product = left * right
    #expect(Tensor.einsum("ij,ij->ij", left, right) == product)
    #expect(Tensor.einsum("ij,ij->ji", left, right) == product.transposed())
    #expect(
      Tensor.einsum("ij,i->ij", left, right[0..., 0])
        == left * right[0..., 0].expanded(at: 1))
  }
}
