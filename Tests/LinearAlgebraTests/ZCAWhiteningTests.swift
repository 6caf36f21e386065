import PinionData
import PinionLinearAlgebra
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct ZCAWhiteningTests {
  struct Whitening: Decodable {
    let inputs: FixtureTensor
    let epsilon: Double
    let matrix: FixtureTensor
    let expected: FixtureTensor
  }
  struct WhiteningFixture: Decodable { let whitening: [Whitening] }

  func dataset(_ inputs: FixtureTensor) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: inputs.data, inputShape: Shape(Array(inputs.shape.dropFirst())),
      targets: (0..<inputs.shape[0]).map { Float($0) }, targetShape: [1])
  }

  func inputs(_ dataset: some Dataset, _ count: Int) throws -> [Float] {
    let size = dataset.inputShape.elementCount
    let buffer = AlignedBuffer(count: count * size)
    return try withExtendedLifetime(buffer) {
      for index in 0..<count {
        try dataset.copyInput(at: index, into: buffer.view[index * size..<(index + 1) * size])
      }
      return buffer.view.array
    }
  }

  @Test(arguments: [1, 2, 3]) func whitenedInputsAgreeWithSciPy(threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    for sample in try Fixture.load("augmentation", as: WhiteningFixture.self).whitening {
      let dataset = try dataset(sample.inputs)
      let whitening = try ZCAWhitening(fitting: dataset, epsilon: sample.epsilon, pool: pool)
      #expect(whitening.mean.shape == [4, 3, 2])
      #expect(relativeDifference(whitening.matrix.elements, sample.matrix.data) < 1e-5)
      let whitened = try whitening.whitened(dataset, pool: pool)
      #expect(whitened.count == dataset.count && whitened.inputShape == [4, 3, 2])
      #expect(try relativeDifference(inputs(whitened, 9), sample.expected.data) < 1e-5)
      let target = AlignedBuffer(count: 1)
      withExtendedLifetime(target) {
        whitened.copyTarget(at: 8, into: target.view)
        #expect(target.view[0] == 8)
      }
    }
  }

  // Products of these values overflow in single precision from 10¹⁹ on and are denormal below
  // 10⁻¹⁹; ε is small enough for the latter.
  @Test(arguments: [Float(0x1p-70), 0x1p-30, 0x1p60, 0x1p63, 0x1p80, 0x1p110])
  func inputsOfAnyScale(scale: Float) throws {
    let sample = try #require(
      Fixture.load("augmentation", as: WhiteningFixture.self).whitening.first)
    let base = try dataset(sample.inputs)
    let large = try ArrayDataset(
      inputs: sample.inputs.data.map { $0 * scale }, inputShape: base.inputShape,
      targets: (0..<base.count).map { Float($0) }, targetShape: [1])
    let epsilon = 0.1
    let expected = try ZCAWhitening(fitting: base, epsilon: epsilon)
    let whitening = try ZCAWhitening(
      fitting: large, epsilon: epsilon * Double(scale) * Double(scale))
    #expect(
      relativeDifference(
        whitening.matrix.elements.map { $0 * scale }, expected.matrix.elements) < 1e-5)
    #expect(
      relativeDifference(
        try inputs(whitening.whitened(large), 9), try inputs(expected.whitened(base), 9)) < 1e-5)
  }

  @Test func bitsDoNotDependOnThreads() throws {
    // More elements than the rows of one task.
    let stream = RandomStream(seed: 1, purpose: "test")
    let count = 300
    let values = Tensor.uniform(shape: [count, 18, 17, 1], from: stream).elements
    let dataset = try ArrayDataset(
      inputs: values, inputShape: [18, 17, 1], targets: [Float](repeating: 0, count: count),
      targetShape: [1])
    let results = try [1, 2, 3].map { threads in
      let pool = ThreadPool(threads: threads)
      let whitening = try ZCAWhitening(fitting: dataset, epsilon: 0.01, pool: pool)
      return try (whitening, inputs(whitening.whitened(dataset, pool: pool), count))
    }
    #expect(results.allSatisfy { $0 == results[0] })
    // The covariance of the whitened inputs is λ/(λ + ε), close to the identity.
    let whitened = Tensor(shape: [count, 306], elements: results[0].1)
    let covariance = whitened.transposed().matmul(whitened) / Float(count)
    let trace = (0..<306).reduce(Float(0)) { $0 + covariance.elements[$1 * 307] }
    #expect(trace > 150 && trace < 300)
  }

  @Test func invalidArgumentsThrow() throws {
    let dataset = try ArrayDataset(
      inputs: [1, 2, 3, 4], inputShape: [2], targets: [0, 0], targetShape: [1])
    for epsilon in [0, -1, Double.nan, .infinity] {
      let error = #expect(throws: ArgumentError.self) {
        try ZCAWhitening(fitting: dataset, epsilon: epsilon)
      }
      #expect(error?.place == "epsilon")
    }
    #expect(throws: ArgumentError.self) { try ZCAWhitening(fitting: dataset.prefix(0)) }
    let wide = try ArrayDataset(
      inputs: [Float](repeating: 0, count: 32_767), inputShape: [32_767], targets: [0],
      targetShape: [1])
    #expect(throws: LinearAlgebraError.tooLarge(rows: 32_767, limit: 32_766)) {
      try ZCAWhitening(fitting: wide)
    }
    let whitening = try ZCAWhitening(fitting: dataset)
    let error = #expect(throws: ArgumentError.self) { try whitening.whitened(wide) }
    #expect(error?.found == "(32767,)")
  }
}
