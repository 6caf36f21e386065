import PinionTensor

/// Shapes with odd sizes, single ones, none, and up to four axes.
let shapeGrid: [Shape] = [
  [], [1], [7], [0], [1, 1], [3, 5], [5, 1], [1, 6], [0, 4], [4, 0], [2, 3, 4], [3, 1, 5],
  [1, 4, 1],
  [2, 0, 3], [33, 40], [2, 3, 2, 5], [1, 2, 1, 3], [2, 1, 3, 1], [65, 3, 17],
]

/// Elements that tell positions apart, positive and negative.
func sample(_ shape: Shape, _ purpose: String = "sample") -> Tensor {
  Tensor.uniform(
    in: -4..<4, shape: shape,
    from: RandomStream(seed: 1, purpose: purpose, shape.elementCount, shape.rank))
}

/// All positions of a shape, in row-major order.
func positions(_ shape: Shape) -> [[Int]] {
  shape.reduce([[]]) { prefixes, size in
    prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
  }
}

/// The element at a position: Σ index · (product of the sizes to the right).
func element(_ tensor: Tensor, _ elements: [Float], at position: [Int]) -> Float {
  var offset = 0
  for axis in 0..<tensor.rank { offset = offset * tensor.shape[axis] + position[axis] }
  return elements[offset]
}

/// Where a position of a wider shape lies in a shape that is stretched to it: aligned at the end, 0
/// on axes of size 1.
func shrink(_ position: [Int], to shape: Shape) -> [Int] {
  let missing = position.count - shape.rank
  return shape.indices.map { shape[$0] == 1 ? 0 : position[missing + $0] }
}

/// The tensor whose element at each position a closure gives.
func defined(_ shape: Shape, _ element: ([Int]) -> Float) -> Tensor {
  Tensor(shape: shape, elements: positions(shape).map(element))
}
