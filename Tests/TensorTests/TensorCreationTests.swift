import PinionTensor
import Testing

@Suite struct TensorCreationTests {
  @Test(arguments: shapeGrid) func repeatsANumber(shape: Shape) {
    let tensor = Tensor(repeating: 2.5, shape: shape)
    #expect(tensor.shape == shape)
    #expect(tensor.count == shape.elementCount)
    #expect(tensor.elements == [Float](repeating: 2.5, count: shape.elementCount))
    #expect(Tensor.zeros(shape).elements == [Float](repeating: 0, count: shape.elementCount))
    #expect(Tensor.ones(shape).elements == [Float](repeating: 1, count: shape.elementCount))
  }

  @Test func literalsNest() {
    #expect(Tensor(3).shape == [])
    #expect(Tensor(3).scalar == 3)
    #expect(Tensor([1, 2, 3]).shape == [3])
    #expect(Tensor([[1, 2], [3, 4], [5, 6]]).shape == [3, 2])
    #expect(Tensor([[[1], [2]], [[3], [4]], [[5], [6]]]).shape == [3, 2, 1])
    #expect(Tensor([[[[1, 2]], [[3, 4]]]]).shape == [1, 2, 1, 2])
    #expect(Tensor([[[[1, 2]], [[3, 4]]]]).elements == [1, 2, 3, 4])
    #expect(Tensor([[Float]]()).shape == [0, 0])
  }

  @Test func identityIsOneOnTheDiagonal() {
    #expect(Tensor.identity(3) == defined([3, 3]) { $0[0] == $0[1] ? 1 : 0 })
    #expect(Tensor.identity(0).shape == [0, 0])
  }

  @Test func countsAsArangeDoes() {
    // As numpy.arange(…, dtype=numpy.float32).
    #expect(Tensor(to: 4) == Tensor([0, 1, 2, 3]))
    #expect(Tensor(from: 1, to: 2, by: 0.25) == Tensor([1, 1.25, 1.5, 1.75]))
    #expect(Tensor(from: 5, to: 0, by: -2) == Tensor([5, 3, 1]))
    #expect(Tensor(from: 0, to: 1.1, by: 0.5) == Tensor([0, 0.5, 1]))
    #expect(Tensor(from: 3, to: 3).shape == [0])
    #expect(Tensor(from: 3, to: 0).shape == [0])
  }

  @Test func dividesAsLinspaceDoes() {
    #expect(Tensor(from: 0, through: 1, count: 5) == Tensor([0, 0.25, 0.5, 0.75, 1]))
    #expect(Tensor(from: 2, through: 9, count: 1) == Tensor([2]))
    #expect(Tensor(from: 2, through: 9, count: 0).shape == [0])
    let fine = Tensor(from: -1, through: 0.1, count: 12_345).elements
    #expect(fine.first == -1 && fine.last == 0.1)
  }

  @Test func randomTensorsAreTheirStreams() {
    let stream = RandomStream(seed: 1, purpose: "tensor")
    let buffer = AlignedBuffer(count: 15)
    stream.fillUniform(buffer.view, in: -1..<3)
    #expect(Tensor.uniform(in: -1..<3, shape: [3, 5], from: stream).elements == buffer.view.array)
    stream.fillNormal(buffer.view, mean: 1, standardDeviation: 2)
    #expect(
      Tensor.normal(mean: 1, standardDeviation: 2, shape: [5, 3], from: stream).elements
        == buffer.view.array)
    stream.fillTruncatedNormal(buffer.view, mean: 1, standardDeviation: 2)
    #expect(
      Tensor.truncatedNormal(mean: 1, standardDeviation: 2, shape: [15], from: stream).elements
        == buffer.view.array)
  }

  @Test func oneHotMarksTheLabel() throws {
    let labels = [2, 0, 1, 2]
    let tensor = try Tensor.oneHot(labels: labels, classes: 4)
    #expect(tensor == defined([4, 4]) { labels[$0[0]] == $0[1] ? 1 : 0 })
    #expect(try Tensor.oneHot(labels: [], classes: 3).shape == [0, 3])
  }

  @Test(arguments: [-1, 3]) func oneHotRefusesLabelsOutsideTheClasses(label: Int) {
    let error = ArgumentError(
      place: "label 1", expected: "a class in 0..<3", found: "\(label)")
    #expect(throws: error) { try Tensor.oneHot(labels: [0, label], classes: 3) }
    #expect(error.description == "label 1: expected a class in 0..<3, found \(label)")
  }
}
