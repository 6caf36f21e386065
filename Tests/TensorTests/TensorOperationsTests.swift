import PinionTensor
import PinionTestSupport
import Testing

/// Results of NumPy: `Tests/Fixtures/make_tensor_fixtures.py`.
private struct OperationCase: Decodable {
  struct Numbers: Decodable {
    let shape: [Int]
    /// nil is NaN.
    let data: [Double?]

    func tensor<Scalar: RealScalar>(of type: Scalar.Type) -> TensorOf<Scalar> {
      TensorOf(shape: Shape(shape), elements: data.map { $0.map { Scalar($0) } ?? .nan })
    }
  }

  let name: String
  let inputs, outputs: [Numbers]
}

@Suite struct TensorOperationsTests {
  private func run<Scalar: RealScalar>(_ type: Scalar.Type, tolerance: Double) throws {
    let operations = TensorOperations<Scalar>.all
    let cases = try Fixture.load("tensor_operations", as: [OperationCase].self)
    #expect(Set(cases.map(\.name)) == Set(operations.keys))
    for each in cases {
      let operation = try #require(operations[each.name], "\(each.name)")
      let outputs = operation(each.inputs.map { $0.tensor(of: type) })
      #expect(outputs.count == each.outputs.count, "\(each.name)")
      for (output, expected) in zip(outputs, each.outputs) {
        #expect(output.shape == Shape(expected.shape), "\(each.name)")
        let differs = zip(output.elements, expected.data).contains { found, expected in
          guard let expected else { return !found.isNaN }
          let limit = tolerance * Swift.max(1, Swift.abs(expected))
          return !(Swift.abs(Double(found) - expected) <= limit)
        }
        #expect(!differs, "\(each.name), \(type): \(output)")
      }
    }
  }

  @Test func agreeWithNumPyInDoublePrecision() throws {
    try run(Double.self, tolerance: 1e-14)
  }

  @Test func agreeWithNumPyInSinglePrecision() throws {
    try run(Float.self, tolerance: 4e-6)
  }
}
