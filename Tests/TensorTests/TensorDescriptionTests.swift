import PinionTensor
import PinionTestSupport
import Testing

@Suite struct TensorDescriptionTests {
  struct Case: Decodable {
    let name: String
    let shape: [Int]
    let bits: [UInt32]?
    let factor: Float?
    let text: String

    var tensor: Tensor {
      let count = shape.reduce(1, *)
      let elements =
        bits?.map { Float(bitPattern: $0) } ?? (0..<count).map { Float($0) * (factor ?? 0) }
      return Tensor(shape: Shape(shape), elements: elements)
    }
  }

  @Test func printsWhatNumPyPrints() throws {
    let cases = try Fixture.load("numpy_print", as: [Case].self)
    #expect(cases.count > 150)
    for each in cases { #expect(each.tensor.description == each.text, "\(each.name)") }
  }

  @Test func readsAsInTheDocumentation() {
    #expect("\(Tensor([[1, 2], [3, 4]]))" == "[[1. 2.]\n [3. 4.]]")
    #expect("\(Tensor(2.5))" == "2.5")
  }
}
