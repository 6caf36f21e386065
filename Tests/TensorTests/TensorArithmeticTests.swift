import PinionTensor
import Testing

@Suite struct TensorArithmeticTests {
  typealias Operation = @Sendable (Tensor, Tensor) -> Tensor

  static let pairs: [(Shape, Shape)] = {
    let others: [(Shape, Shape)] = [
      ([3, 5], []), ([], [3, 5]), ([3, 5], [5]), ([5], [3, 5]), ([3, 1], [5]), ([3, 5], [3, 1]),
      ([3, 1], [3, 5]), ([2, 3, 4], [3, 4]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [3, 1]),
      ([2, 1, 4], [2, 3, 1]), ([2, 3, 4], [2, 1, 1]), ([1, 1, 1], [2, 3]),
      ([2, 3, 2, 5], [3, 1, 5]),
      ([2, 1, 2, 1], [3, 1, 5]), ([0, 4], [1, 4]), ([0, 4], [4]), ([0, 1], [1, 3]), ([1], [0]),
      ([65, 3, 17], [3, 1]), ([65, 1, 17], [65, 3, 1]),
    ]
    return shapeGrid.map { ($0, $0) } + others
  }()

  /// NumPy's rule, written down a second time.
  private func met(_ left: Shape, _ right: Shape) -> Shape {
    let rank = max(left.rank, right.rank)
    let sizes = { (shape: Shape) in [Int](repeating: 1, count: rank - shape.rank) + shape.dimensions
    }
    return Shape(zip(sizes(left), sizes(right)).map { $0 == 1 ? $1 : $0 })
  }

  @Test(arguments: pairs) func operatorsStretchAsNumPys(left: Shape, right: Shape) {
    let (a, b) = (sample(left, "left"), sample(right, "right"))
    let (x, y) = (a.elements, b.elements)
    func check(_ result: Tensor, _ operation: (Float, Float) -> Float) {
      let expected = defined(met(left, right)) {
        operation(element(a, x, at: shrink($0, to: left)), element(b, y, at: shrink($0, to: right)))
      }
      #expect(result == expected)
    }
    check(a + b) { $0 + $1 }
    check(a - b) { $0 - $1 }
    check(a * b) { $0 * $1 }
    check(a / b) { $0 / $1 }
    check(Tensor.maximum(a, b)) { max($0, $1) }
    check(Tensor.minimum(a, b)) { min($0, $1) }
    if met(left, right) == left {
      var result = a
      result += b
      check(result) { $0 + $1 }
      result = a
      result -= b
      check(result) { $0 - $1 }
      result = a
      result *= b
      check(result) { $0 * $1 }
      result = a
      result /= b
      check(result) { $0 / $1 }
      #expect(a.elements == x)
      #expect(b.broadcast(to: left) == defined(left) { element(b, y, at: shrink($0, to: right)) })
    }
  }

  @Test(arguments: shapeGrid) func numbersMeetEachElement(shape: Shape) {
    let tensor = sample(shape)
    func check(_ result: Tensor, _ operation: (Float) -> Float) {
      #expect(result == Tensor(shape: shape, elements: tensor.elements.map(operation)))
    }
    check(tensor + 3) { $0 + 3 }
    check(tensor - 3) { $0 - 3 }
    check(tensor * 3) { $0 * 3 }
    check(tensor / 3) { $0 / 3 }
    check(3 + tensor) { 3 + $0 }
    check(3 - tensor) { 3 - $0 }
    check(3 * tensor) { 3 * $0 }
    check(3 / tensor) { 3 / $0 }
    check(-tensor) { -$0 }
    var result = tensor
    result += 2
    result *= 3
    result -= 4
    result /= 5
    check(result) { (($0 + 2) * 3 - 4) / 5 }
  }
}
