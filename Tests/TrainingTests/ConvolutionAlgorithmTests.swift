import Pinion
import Testing

/// Every algorithm of convolution trains alike.
@Suite struct ConvolutionAlgorithmTests {
  private func losses(_ algorithm: ConvolutionAlgorithm, threads: Int) throws -> [Double] {
    let model = try Model(
      Sequential(input: [7, 7, 1]) {
        Conv2D(16, kernel: 3, padding: .same, activation: .relu, algorithm: algorithm)
        Conv2D(
          32, kernel: 3, padding: .same, activation: .leakyReLU(negativeSlope: 0.1),
          algorithm: algorithm)
        MaxPool2D(padding: .same)
        Conv2D(24, kernel: 3, activation: .tanh, algorithm: algorithm)
        Flatten()
        Dense(3, activation: .softmax)
      }, seed: 3, threads: threads)
    let history = try model.fit(
      Samples.images(120), validation: Samples.images(31), epochs: 3, batchSize: 25, shuffle: false,
      verbose: false)
    return history["loss"] + history["val_loss"]
  }

  /// Rounding grows from step to step; in fifteen steps it stays far below a thousandth.
  @Test(arguments: [ConvolutionAlgorithm.automatic, .im2col, .winograd])
  func lossesAgree(algorithm: ConvolutionAlgorithm) throws {
    let expected = try losses(.direct, threads: 1)
    let found = try losses(algorithm, threads: 2)
    #expect(found.count == 6)
    for (f, e) in zip(found, expected) { #expect((f - e).magnitude <= 1e-4 * e.magnitude) }
    #expect(found[2] < 0.9 * found[0], "nothing was learnt")
  }

  @Test(arguments: [ConvolutionAlgorithm.im2col, .winograd])
  func bitsDoNotDependOnThreads(algorithm: ConvolutionAlgorithm) throws {
    let alone = try losses(algorithm, threads: 1)
    #expect(try losses(algorithm, threads: 2) == alone)
    #expect(try losses(algorithm, threads: 3) == alone)
  }

  /// One image and few go piece by piece, many image by image.
  @Test(arguments: [1, 2, 4, 5, 40]) func predictionsAgree(batchSize: Int) throws {
    func predictions(_ algorithm: ConvolutionAlgorithm) throws -> Tensor {
      let model = try Model(
        Sequential(input: [7, 7, 1]) {
          Conv2D(16, kernel: 3, padding: .same, activation: .tanh, algorithm: algorithm)
          Conv2D(16, kernel: 3, padding: .same, activation: .relu, algorithm: algorithm)
        }, seed: 3, threads: 2)
      return try model.predict(Samples.images(40), batchSize: batchSize, threads: 2)
    }
    let expected = try predictions(.direct)
    for algorithm in [ConvolutionAlgorithm.winograd, .im2col, .automatic] {
      let found = try predictions(algorithm)
      for (f, e) in zip(found.elements, expected.elements) {
        #expect((f - e).magnitude <= 1e-5, "\(algorithm)")
      }
    }
  }
}
