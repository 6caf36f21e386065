import Foundation
import Pinion
import PinionTestSupport
import Testing

/// Penalties on parameters, and their projections, beside Keras.
@Suite struct RegularizationTests {
  struct Numbers: Decodable {
    let shape: [Int]
    let data: [Float]
  }

  struct File: Decodable {
    let inputs, targets: Numbers
    let initial: [Float]
    let losses64: [Double]
    let parameters64: [[Double]]
    let evaluation64: Double
    let matrix: Numbers
    let orthogonal64: [String: Double]
  }

  private static func network() throws -> Sequential {
    try Sequential(input: [4, 4, 2]) {
      Conv2D(
        3, kernel: 2, activation: .tanh, kernelRegularizer: .l1l2(l1: 0.01, l2: 0.02),
        biasRegularizer: .l2(0.3), kernelConstraint: .maxNorm(0.8), biasConstraint: .nonNegative)
      Flatten()
      Dense(
        5, activation: .tanh, kernelRegularizer: .l1(0.005),
        kernelConstraint: .minMaxNorm(minimum: 0.5, maximum: 1.5, rate: 0.25))
      Dense(4, biasRegularizer: .l1(0.1), kernelConstraint: .unitNorm)
    }
  }

  private func data(_ file: File) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: file.inputs.data, inputShape: [4, 4, 2], targets: file.targets.data,
      targetShape: [4])
  }

  @Test(arguments: [1, 2, 3]) func trainingIsKeras(threads: Int) throws {
    let file = try Fixture.load("regularization", as: File.self)
    let data = try data(file)
    let model = try Model(
      Self.network(), optimizer: SGD(learningRate: 0.2), loss: .meanSquaredError, metrics: [],
      threads: threads)
    #expect(model.weights.trainable.count == file.initial.count)
    for (i, value) in file.initial.enumerated() { model.weights.trainable[i] = value }
    for step in file.losses64.indices {
      let loss = try model.trainOnBatch(data).loss
      #expect(abs(loss - file.losses64[step]) < 2e-6 * file.losses64[step], "step \(step)")
      for (i, expected) in file.parameters64[step].enumerated() {
        #expect(abs(Double(model.weights.trainable[i]) - expected) < 3e-6, "step \(step), \(i)")
      }
    }
    let evaluation = try model.evaluate(data).loss
    #expect(abs(evaluation - file.evaluation64) < 2e-6 * file.evaluation64)
  }

  @Test func orthogonalPenaltyIsKeras() throws {
    let file = try Fixture.load("regularization", as: File.self)
    let buffer = AlignedBuffer(count: file.matrix.data.count)
    defer { withExtendedLifetime(buffer) {} }
    for (i, value) in file.matrix.data.enumerated() { buffer.view[i] = value }
    for mode in OrthogonalRegularizer.Mode.allCases {
      let penalty = OrthogonalRegularizer(factor: 0.5, mode: mode).penalty(
        of: buffer.view, shape: Shape(file.matrix.shape))
      let expected = try #require(file.orthogonal64[mode.rawValue])
      #expect(abs(penalty - expected) < 1e-7)
    }
    // A single vector has no pairs.
    #expect(OrthogonalRegularizer().penalty(of: buffer.view[0..<3], shape: [1, 3]) == 0)
  }

  /// The penalty's gradient is its slope, by central differences.
  @Test func gradientsAreSlopes() throws {
    let values = AlignedBuffer(count: 15)
    let gradient = AlignedBuffer(count: 15)
    for i in 0..<15 { values.view[i] = Float(i * i % 11) / 4 - 1.1 }
    let regularizers: [any Regularizer] = [
      L1L2(l1: 0.5), L1L2(l2: 0.25), L1L2(l1: 0.1, l2: 0.7), OrthogonalRegularizer(factor: 0.1),
      OrthogonalRegularizer(factor: 0.1, mode: .columns),
    ]
    for regularizer in regularizers {
      gradient.view.fill(0)
      regularizer.addGradient(of: values.view, shape: [5, 3], to: gradient.view)
      for i in 0..<15 {
        let before = values.view[i]
        var penalties: [Double] = []
        for step in [Float(0.01), -0.01] {
          values.view[i] = before + step
          penalties.append(regularizer.penalty(of: values.view, shape: [5, 3]))
        }
        values.view[i] = before
        #expect(abs((penalties[0] - penalties[1]) / 0.02 - Double(gradient.view[i])) < 1e-5)
      }
    }
  }

  /// What is not given is not written, so that configurations are those of earlier versions; what
  /// is given comes back.
  @Test func configurationsAreReadBack() throws {
    let plain = try Sequential(input: [3]) { Dense(2) }.graph
    let text = String(decoding: try plain.configuration(), as: UTF8.self)
    #expect(!text.contains("egularizer") && !text.contains("onstraint"))
    #expect(try Graph(configuration: Data(text.utf8)) == plain)
    let graph = try Self.network().graph
    let data = try graph.configuration()
    #expect(String(decoding: data, as: UTF8.self).contains("kernelRegularizer"))
    let read = try Graph(configuration: data)
    #expect(read == graph)
    #expect(try read.configuration() == data)
    let changed = String(decoding: data, as: UTF8.self).replacing("0.005", with: "0.006")
    #expect(try Graph(configuration: Data(changed.utf8)) != graph)
  }

  @Test func hyperparametersAreChecked() {
    let layers = [
      Dense(2, kernelRegularizer: .orthogonal(-1)), Dense(2, kernelRegularizer: .l2(-1)),
      Dense(2, biasRegularizer: .l1(.nan)),
      Dense(2, kernelConstraint: .maxNorm(-1)),
      Dense(2, kernelConstraint: .minMaxNorm(minimum: 2, maximum: 1)),
      Dense(2, biasConstraint: .minMaxNorm(rate: 2)),
    ]
    for layer in layers {
      #expect(throws: GraphError.self) { try Sequential(input: [3]) { layer } }
    }
  }

  /// Frozen parameters have no penalty, as in Keras.
  @Test func frozenParametersAreNotPenalized() throws {
    let file = try Fixture.load("regularization", as: File.self)
    let data = try data(file)
    func loss(_ factor: Double, frozen: Bool) throws -> Double {
      let graph = try Sequential(input: [4, 4, 2]) {
        Flatten()
        Dense(4, kernelRegularizer: .l2(factor), name: "head")
        Dense(4)
      }.graph
      return try Model(
        frozen ? graph.freezing("head") : graph, loss: .meanSquaredError, metrics: [], seed: 1,
        threads: 1
      ).evaluate(data).loss
    }
    #expect(try loss(0.1, frozen: false) > loss(0, frozen: false))
    #expect(try loss(0.1, frozen: true) == loss(0, frozen: true))
  }
}
