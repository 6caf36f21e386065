import Foundation
import Pinion
import PinionTestSupport
import Testing

/// Penalties on parameters, and their projections, compared with Keras.
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
    let activities: Run

    var run: Run {
      Run(
        initial: initial, losses64: losses64, parameters64: parameters64, evaluation64: evaluation64
      )
    }
  }

  struct Run: Decodable {
    let initial: [Float]
    let losses64: [Double]
    let parameters64: [[Double]]
    let evaluation64: Double
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

  /// With penalties on outputs, one of them read in place by the next layer.
  private static func activityNetwork() throws -> Sequential {
    try Sequential(input: [4, 4, 2]) {
      Conv2D(3, kernel: 2, activation: .tanh, activityRegularizer: .l1l2(l1: 0.01, l2: 0.02))
      Flatten()
      ActivityRegularization(l1: 0.03)
      Activation(.softplus)
      Dense(5, activation: .tanh, activityRegularizer: .l2(0.1))
      Dense(4, activation: .softmax, activityRegularizer: .l1l2(l1: 0.02, l2: 0.3))
    }
  }

  private func data(_ file: File) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: file.inputs.data, inputShape: [4, 4, 2], targets: file.targets.data,
      targetShape: [4])
  }

  @Test(arguments: [1, 2, 3]) func trainingIsKeras(threads: Int) throws {
    let file = try Fixture.load("regularization", as: File.self)
    try expectKeras(file.run, Self.network(), file, threads: threads)
    try expectKeras(file.activities, Self.activityNetwork(), file, batchSize: 5, threads: threads)
  }

  /// - Parameter batchSize: Of the evaluation.
  private func expectKeras(
    _ run: Run, _ network: Sequential, _ file: File, batchSize: Int = 32, threads: Int
  ) throws {
    let data = try data(file)
    let model = try Model(
      network, optimizer: SGD(learningRate: 0.2), loss: .meanSquaredError, metrics: [],
      threads: threads)
    #expect(model.weights.trainable.count == run.initial.count)
    for (i, value) in run.initial.enumerated() { model.weights.trainable[i] = value }
    for step in run.losses64.indices {
      let loss = try model.trainOnBatch(data).loss
      #expect(abs(loss - run.losses64[step]) < 2e-6 * run.losses64[step], "step \(step)")
      for (i, expected) in run.parameters64[step].enumerated() {
        #expect(abs(Double(model.weights.trainable[i]) - expected) < 3e-6, "step \(step), \(i)")
      }
    }
    let evaluation = try model.evaluate(data, batchSize: batchSize).loss
    #expect(abs(evaluation - run.evaluation64) < 2e-6 * run.evaluation64)
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

  /// Many tiles, the last of them partly filled.
  @Test(arguments: OrthogonalRegularizer.Mode.allCases)
  func orthogonalPenaltyOfALargeMatrix(mode: OrthogonalRegularizer.Mode) {
    let shape: Shape = [1_027, 1_027]
    var matrix = Tensor.normal(shape: shape, from: RandomStream(seed: 1, stream: 0))
    var gradient = Tensor.zeros(shape)
    let regularizer = OrthogonalRegularizer(factor: 1_000, mode: mode)
    var penalty = 0.0
    matrix.mutate { matrix in
      penalty = regularizer.penalty(of: matrix, shape: shape)
      gradient.mutate { regularizer.addGradient(of: matrix, shape: shape, to: $0) }
    }
    // The mean of |cos| of the angles of random vectors is √(2 / πn).
    #expect(abs(penalty - 1_000 * (2 / (Double.pi * 1_027)).squareRoot()) < 0.2)
    // The angles do not depend on the lengths.
    let slopes = (matrix * gradient).sum(along: mode == .rows ? 1 : 0)
    #expect(slopes.abs().max() < 1e-5)
    #expect(gradient.abs().max() > 1e-5)
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

  /// The gradients of penalties on outputs are their slopes, where a layer occurs twice, is frozen,
  /// or is shifted before a normalization.
  @Test func activityGradientsAreSlopes() throws {
    let dense = Dense(3, activation: .tanh, activityRegularizer: .l2(0.4), name: "shared")
    let input = Input([3])
    let frozen = Dense(3, activityRegularizer: .l1l2(l1: 0.2, l2: 0.1), name: "frozen")(
      dense(dense(input)))
    let shifted = BatchNormalization()(
      Dense(3, activityRegularizer: .l2(0.3), name: "shifted")(frozen))
    let graph = try Graph(input: input, output: Dense(2)(shifted)).freezing("frozen")
    let model = try Model(
      graph, optimizer: SGD(), loss: .meanSquaredError, metrics: [], seed: 3, threads: 2)
    let (inputs, targets) = (AlignedBuffer(count: 21), AlignedBuffer(count: 14))
    defer { withExtendedLifetime((inputs, targets)) {} }
    RandomStream(seed: 1, stream: 0).fillUniform(inputs.view, in: -1..<1)
    RandomStream(seed: 1, stream: 1).fillUniform(targets.view, in: 1..<2)
    let batch = Batch(
      inputs: [inputs.view], targets: [targets.view], targetShapes: [[2]], indices: 0..<7)
    let gradients = try model.gradients(of: batch)
    for name in gradients.names {
      let entry = try #require(model.weights.entries.first { $0.name == name })
      let (values, found) = (model.weights.view(of: entry), gradients[name].elements)
      #expect(found.contains { abs($0) > 1e-3 }, "\(name)")
      for i in values.indices {
        let before = values[i]
        var losses: [Double] = []
        for step in [Float(0x1p-6), -0x1p-6] {
          values[i] = before + step
          losses.append(try model.gradients(of: batch).loss)
        }
        values[i] = before
        let slope: Double = (losses[0] - losses[1]) * 0x1p5
        let error: Double = abs(slope - Double(found[i]))
        #expect(error < 2e-3, "\(name) \(i): \(slope), \(found[i])")
      }
    }
  }

  /// The outputs of a layer that no loss depends on are penalized too: 0.5·Σ y² / N.
  @Test func outputsWithoutLossArePenalized() throws {
    let input = Input([2])
    let aside = Dense(1, usesBias: false, activityRegularizer: .l2(0.5), name: "aside")
    let graph = try Graph(inputs: [input], outputs: [Dense(1)(input), aside(input)])
    let model = try Model(graph, loss: .meanSquaredError, metrics: [], threads: 1)
    let entry = try #require(model.weights.entries.first { $0.name == "aside/kernel" })
    let kernel = model.weights.view(of: entry)
    (kernel[0], kernel[1]) = (2, -1)
    let plan = Plan(
      graph: graph,
      request: .init(
        mode: .training, batch: 2, losses: [.init(MeanSquaredError())], isBackward: true))
    let workspace = Workspace(plan: plan, weights: model.weights, pool: ThreadPool(threads: 2))
    let (inputs, targets) = (AlignedBuffer(count: 4), AlignedBuffer(count: 2))
    defer { withExtendedLifetime((inputs, targets)) {} }
    for (i, value) in [Float(1), 3, 0.5, -2].enumerated() { inputs.view[i] = value }
    for _ in 0..<2 {
      workspace.run(inputs: inputs.view, targets: targets.view)
      // The outputs are -1 and 3.
      #expect(workspace.activityPenalty == 2.5)
      let gradient: [Float] = workspace.gradients[entry.range].array
      #expect(gradient == [0.25, -4.5] as [Float])
    }
  }

  /// What is not given is not written, so that configurations are those of earlier versions; what
  /// is given comes back.
  @Test func configurationsAreReadBack() throws {
    let plain = try Sequential(input: [3]) { Dense(2) }.graph
    let text = String(decoding: try plain.configuration(), as: UTF8.self)
    #expect(!text.contains("egularizer") && !text.contains("onstraint"))
    #expect(try Graph(configuration: Data(text.utf8)) == plain)
    let activities = try Self.activityNetwork().graph
    #expect(try Graph(configuration: activities.configuration()) == activities)
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
      Dense(2, activityRegularizer: .l2(-1)),
    ]
    for layer in layers {
      #expect(throws: GraphError.self) { try Sequential(input: [3]) { layer } }
    }
    #expect(throws: GraphError.self) {
      try Sequential(input: [3]) { ActivityRegularization(l1: .infinity) }
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
