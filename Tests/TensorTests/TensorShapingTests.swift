import PinionTensor
import Testing

@Suite struct TensorShapingTests {
  private func permutations(_ items: [Int]) -> [[Int]] {
    guard !items.isEmpty else { return [[]] }
    return items.indices.flatMap { index in
      var rest = items
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }

  @Test(arguments: shapeGrid) func transposedMovesAxes(shape: Shape) {
    let tensor = sample(shape)
    let elements = tensor.elements
    for order in permutations(Array(0..<shape.rank)) {
      let expected = defined(Shape(order.map { shape[$0] })) { position in
        var source = [Int](repeating: 0, count: shape.rank)
        for (axis, index) in zip(order, position) { source[axis] = index }
        return element(tensor, elements, at: source)
      }
      #expect(tensor.transposed(order) == expected)
      #expect(tensor.transposed(order.map { $0 - shape.rank }) == expected)
    }
    #expect(tensor.transposed() == tensor.transposed((0..<shape.rank).reversed()))
  }

  @Test func reshapedKeepsTheOrder() {
    let tensor = sample([4, 6])
    for shape: Shape in [[24], [3, 8], [2, 3, 4], [1, 24, 1]] {
      #expect(tensor.reshaped(to: shape).shape == shape)
      #expect(tensor.reshaped(to: shape).elements == tensor.elements)
    }
    #expect(tensor.reshaped(to: [-1]).shape == [24])
    #expect(tensor.reshaped(to: [3, -1, 2]).shape == [3, 4, 2])
    #expect(tensor.reshaped(to: [8, 3, -1]).shape == [8, 3, 1])
    #expect(tensor.flattened().shape == [24])
    #expect(Tensor(5).reshaped(to: [1, 1]).shape == [1, 1])
    #expect(Tensor([5]).reshaped(to: []).shape == [])
    #expect(Tensor.zeros([0, 3]).reshaped(to: [3, -1]).shape == [3, 0])
    #expect(Tensor.zeros([0, 3]).reshaped(to: [5, 0]).shape == [5, 0])
  }

  @Test func axesOfSizeOneComeAndGo() {
    let tensor = sample([1, 4, 1, 3])
    #expect(tensor.squeezed().shape == [4, 3])
    #expect(tensor.squeezed(0).shape == [4, 1, 3])
    #expect(tensor.squeezed([0, -2]).shape == [4, 3])
    #expect(tensor.squeezed([]).shape == [1, 4, 1, 3])
    #expect(tensor.expanded(at: 0).shape == [1, 1, 4, 1, 3])
    #expect(tensor.expanded(at: 2).shape == [1, 4, 1, 1, 3])
    #expect(tensor.expanded(at: -1).shape == [1, 4, 1, 3, 1])
    #expect(tensor.expanded(at: 4).shape == [1, 4, 1, 3, 1])
    #expect(tensor.expanded(at: -5).shape == [1, 1, 4, 1, 3])
    #expect(tensor.squeezed().elements == tensor.elements)
    #expect(Tensor(1).expanded(at: 0).shape == [1])
  }

  @Test(arguments: shapeGrid.filter { $0.rank > 0 }) func concatenatedPartsFollowEachOther(
    shape: Shape
  ) {
    for axis in shape.indices {
      let tensors = [2, 0, 1, 5].map { size in
        var sizes = shape.dimensions
        sizes[axis] = size
        return sample(Shape(sizes), "part \(size)")
      }
      var sizes = shape.dimensions
      sizes[axis] = 8
      let elements = tensors.map(\.elements)
      let expected = defined(Shape(sizes)) { position in
        var (source, part) = (position, 0)
        while source[axis] >= tensors[part].shape[axis] {
          source[axis] -= tensors[part].shape[axis]
          part += 1
        }
        return element(tensors[part], elements[part], at: source)
      }
      #expect(Tensor.concatenate(tensors, along: axis) == expected)
      #expect(Tensor.concatenate(tensors, along: axis - shape.rank) == expected)
    }
  }

  @Test(arguments: shapeGrid, [2, 3]) func stackedPartsLieSideBySide(shape: Shape, count: Int) {
    let tensors = (0..<count).map { sample(shape, "part \($0)") }
    let elements = tensors.map(\.elements)
    for axis in 0...shape.rank {
      var sizes = shape.dimensions
      sizes.insert(count, at: axis)
      let expected = defined(Shape(sizes)) { position in
        var source = position
        let part = source.remove(at: axis)
        return element(tensors[part], elements[part], at: source)
      }
      #expect(Tensor.stack(tensors, along: axis) == expected)
      #expect(Tensor.stack(tensors, along: axis - shape.rank - 1) == expected)
    }
  }
}
