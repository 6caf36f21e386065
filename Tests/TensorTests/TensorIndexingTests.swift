import PinionTensor
import Testing

@Suite struct TensorIndexingTests {
  @Test func elementsAreFoundAndSet() {
    var tensor = sample([2, 3, 4])
    let elements = tensor.elements
    for i in 0..<2 {
      for j in 0..<3 {
        for k in 0..<4 {
          #expect(tensor[i, j, k] == elements[12 * i + 4 * j + k])
          tensor[i, j, k] += Float(100 * i + 10 * j + k)
          #expect(
            tensor.elements[12 * i + 4 * j + k] == elements[12 * i + 4 * j + k]
              + Float(100 * i + 10 * j + k))
        }
      }
    }
    var vector = Tensor([1, 2, 3])
    vector[1] = 7
    #expect(vector[1] == 7 && vector[2] == 3)
  }

  /// Ways to choose from an axis, with what they choose.
  private func selectors(_ size: Int) -> [(any AxisSelector, positions: Range<Int>, stays: Bool)] {
    var result: [(any AxisSelector, positions: Range<Int>, stays: Bool)] = [
      (0..., 0..<size, true), (0..<size, 0..<size, true), (..<0, 0..<0, true),
    ]
    if size > 0 {
      result.append((size - 1, size - 1..<size, false))
      result.append((...(size - 1), 0..<size, true))
    }
    if size > 2 {
      result.append((1..<size - 1, 1..<size - 1, true))
      result.append((1...2, 1..<3, true))
      result.append((..<2, 0..<2, true))
      result.append((1..., 1..<size, true))
    }
    return result
  }

  @Test(arguments: shapeGrid.filter { $0.rank > 0 && $0.elementCount < 2_000 })
  func partsAreReadAndWritten(shape: Shape) {
    let tensor = sample(shape)
    let elements = tensor.elements
    for first in selectors(shape[0]) {
      for second in selectors(shape.rank > 1 ? shape[1] : 1) {
        let chosen = shape.rank > 1 ? [first, second] : [first]
        let all =
          chosen.map(\.positions) + shape.dimensions.dropFirst(chosen.count).map { 0..<$0 }
        let stays = shape.indices.map { $0 < chosen.count ? chosen[$0].stays : true }
        let part = Shape(shape.indices.filter { stays[$0] }.map { all[$0].count })
        // Where an element of the part lies in the whole.
        let source = { (position: [Int]) in
          var kept = position[...]
          return shape.indices.map {
            all[$0].lowerBound + (stays[$0] ? kept.removeFirst() : 0)
          }
        }
        let expected = defined(part) { element(tensor, elements, at: source($0)) }
        #expect(select(tensor, chosen.map(\.0)) == expected)

        var written = tensor
        assign(&written, chosen.map(\.0), expected * 2)
        let inside = { (position: [Int]) in zip(all, position).allSatisfy { $0.contains($1) } }
        #expect(
          written
            == defined(shape) {
              element(tensor, elements, at: $0) * (inside($0) ? 2 : 1)
            })
        assign(&written, chosen.map(\.0), Tensor(9))
        #expect(written == defined(shape) { inside($0) ? 9 : element(tensor, elements, at: $0) })
      }
    }
    #expect(tensor.elements == elements)
  }

  private func select(_ tensor: Tensor, _ chosen: [any AxisSelector]) -> Tensor {
    chosen.count == 1 ? tensor[chosen[0]] : tensor[chosen[0], chosen[1]]
  }

  private func assign(_ tensor: inout Tensor, _ chosen: [any AxisSelector], _ value: Tensor) {
    if chosen.count == 1 { tensor[chosen[0]] = value } else { tensor[chosen[0], chosen[1]] = value }
  }

  @Test func partsReadWell() {
    let matrix = Tensor([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]])
    #expect(matrix[0..<2] == Tensor([[1, 2, 3, 4], [5, 6, 7, 8]]))
    #expect(matrix[0..., 2..<4] == Tensor([[3, 4], [7, 8], [11, 12]]))
    #expect(matrix[1, 0...] == Tensor([5, 6, 7, 8]))
    #expect(matrix[0..., 1] == Tensor([2, 6, 10]))
    var written = matrix
    written[1..., 1...2] = Tensor([0, -1])
    #expect(written == Tensor([[1, 2, 3, 4], [5, 0, -1, 8], [9, 0, -1, 12]]))
    written[0..., 0] += 100
    #expect(written[0..., 0] == Tensor([101, 105, 109]))
  }
}
