import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionTraining

/// A network of two inputs and two outputs with a layer used three times and a nested graph:
/// trained, saved, resumed and predicted with the numbers of Keras.
@Suite struct MultipleOutputsTests {
  struct Case: Decodable {
    let steps, batch: Int
    let learningRate: Double
    let lossWeights: [String: Double]
    let left, right, digit, angle, sampleWeights: FixtureTensor
    let initial: [String: FixtureTensor]
    let logs: [[String: Double]]
    let weights: [[String: FixtureTensor]]
    let outputs: [FixtureTensor]
    let evaluation: [String: Double]

    func data(isWeighted: Bool = true) throws -> ArrayDataset {
      func tensor(_ fixture: FixtureTensor) -> Tensor {
        Tensor(shape: Shape(fixture.shape), elements: fixture.data)
      }
      return try ArrayDataset(
        inputs: [tensor(left), tensor(right)], targets: [tensor(digit), tensor(angle)],
        weights: isWeighted ? sampleWeights.data : nil)
    }

    func model(threads: Int = 1) throws -> Model {
      let model = try Model(
        MultipleOutputsTests.graph(), optimizer: Adam(learningRate: LearningRate(learningRate)),
        losses: ["angle": .meanSquaredError, "digit": .sparseCategoricalCrossEntropy],
        lossWeights: [
          "digit": try #require(lossWeights["digit"]), "angle": try #require(lossWeights["angle"]),
        ],
        metrics: ["digit": [Accuracy()]], threads: threads)
      for (name, values) in initial {
        let view = try #require(model.weights[name], "\(name)")
        for (index, value) in values.data.enumerated() { view[index] = value }
      }
      return model
    }
  }

  static func graph() throws -> Graph {
    let inner = Input([4], name: "inner")
    let encoder = try Graph(
      input: inner,
      output: Dense(5, name: "back")(Dense(6, activation: .relu, name: "hidden")(inner)),
      name: "encoder")
    let (left, right) = (Input([5], name: "left"), Input([5], name: "right"))
    let shared = Dense(4, activation: .tanh, name: "shared")
    let sum = Add(name: "sum")(shared(left), shared(right))
    let third = shared(encoder(sum))
    return try Graph(
      inputs: [left, right],
      outputs: [
        Dense(3, activation: .softmax, name: "digit")(third), Dense(2, name: "angle")(third),
      ],
      name: "two")
  }

  private let fixture: Case

  init() throws { fixture = try Fixture.load("multiple_outputs", as: Case.self) }

  private func differs(_ model: Model, _ expected: [String: FixtureTensor]) -> String? {
    for (name, values) in expected {
      guard let view = model.weights[name], view.count == values.data.count else { return name }
      for (index, value) in values.data.enumerated() where abs(view[index] - value) > 2e-5 {
        return "\(name), element \(index): \(view[index]), not \(value)"
      }
    }
    return nil
  }

  @Test func trainingIsKeras() throws {
    let model = try fixture.model(threads: 2)
    var step = 0
    var problems: [String] = []
    try model.fit(
      fixture.data(), batchSize: fixture.batch, shuffle: false,
      callbacks: [
        ClosureCallback(batchDidEnd: { batch, _, _ in
          if let problem = differs(model, fixture.weights[batch]) {
            problems.append("step \(batch): \(problem)")
          }
          step += 1
        })
      ], verbose: false)
    #expect(problems == [])
    #expect(step == fixture.steps)
    let outputs = fixture.logs[0].keys.sorted()
    #expect(outputs == ["angle_loss", "digit_accuracy", "digit_loss", "loss"])
  }

  /// The logs of each step, and their means over an epoch.
  @Test func logsAreKeras() throws {
    let model = try fixture.model()
    let data = try fixture.data()
    for step in 0..<fixture.steps {
      let part = try data.subset(Array(step * fixture.batch..<(step + 1) * fixture.batch))
      let history = try model.fit(
        part, batchSize: fixture.batch, shuffle: false, verbose: false)
      for (name, value) in fixture.logs[step] {
        let found = try #require(history[name].first, "\(name)")
        #expect(abs(found - value) < 1e-5 * max(1, value), "step \(step), \(name)")
      }
      #expect(history.keys == fixture.logs[step].keys.sorted())
    }
    let evaluation = try model.evaluate(fixture.data(isWeighted: false), batchSize: fixture.batch)
    for (name, value) in fixture.evaluation {
      let found = try #require(evaluation[name], "\(name)")
      #expect(abs(found - value) < 1e-5 * max(1, value), "\(name)")
    }
    #expect(evaluation.logs.names == fixture.evaluation.keys.sorted())
  }

  /// After training, in the model, in a predictor, and in one of the saved file.
  @Test func predictionsAreKeras() throws {
    let folder = TemporaryFolder()
    let model = try fixture.model()
    try model.fit(fixture.data(), batchSize: fixture.batch, shuffle: false, verbose: false)
    func expectKeras(_ outputs: [Tensor]) {
      #expect(outputs.count == 2)
      for (output, expected) in zip(outputs, fixture.outputs) {
        #expect(output.shape == Shape(expected.shape))
        #expect(zip(output.elements, expected.data).allSatisfy { abs($0 - $1) < 5e-5 })
      }
    }
    expectKeras(try model.predictAll(fixture.data(), batchSize: fixture.batch))
    let inputs = [fixture.left, fixture.right].map {
      Tensor(shape: Shape($0.shape), elements: $0.data)
    }
    expectKeras(try Predictor(model).predict(inputs))
    let file = URL(filePath: folder.path("two.safetensors"))
    try model.saveWeights(to: file)
    let predictor = try Predictor(contentsOf: file)
    #expect(try predictor.predict(inputs) == Predictor(model).predict(inputs))
  }

  @Test(arguments: [2, 3, 5]) func bitsDoNotDependOnThreads(threads: Int) throws {
    func bits(_ threads: Int) throws -> [UInt32] {
      let model = try fixture.model(threads: threads)
      try model.fit(
        fixture.data(), validation: fixture.data(), epochs: 3, batchSize: 10, verbose: false)
      return model.bits
    }
    #expect(try bits(threads) == bits(1))
  }

  /// Interrupted after any batch and resumed, the run ends with the same bits.
  @Test func resumesToEqualBits() throws {
    let folder = TemporaryFolder()
    func train(interruptedAfter place: Int?) throws -> ([UInt32], History) {
      let file = folder.path("\(place ?? 0)")
      for interruption in place.map({ [$0, Int.max] }) ?? [Int.max] {
        let model = try fixture.model(threads: 1 + interruption % 2)
        var batches = 0
        let history = try model.fit(
          fixture.data(), validation: fixture.data(), epochs: 2, batchSize: 10,
          callbacks: [
            EarlyStopping(monitor: "val_digit_loss", patience: 5, restoreBestWeights: true),
            ClosureCallback(batchDidEnd: { _, _, run in
              batches += 1
              if batches == interruption { run.interrupt() }
            }),
          ], checkpointing: Checkpointing(to: file, resumes: true), verbose: false)
        if interruption == .max { return (model.bits, history) }
      }
      throw CancellationError()
    }
    let undisturbed = try train(interruptedAfter: nil)
    for place in 1...5 {
      let resumed = try train(interruptedAfter: place)
      #expect(resumed.0 == undisturbed.0, "interrupted after batch \(place)")
      #expect(resumed.1 == undisturbed.1)
    }
  }

  /// Whether a metric reads probabilities does not change what is trained, and an accuracy sees
  /// what it would see of probabilities.
  @Test func metricsReadTheOutputs() throws {
    struct MeanLargest: Metric {
      var name: String { "mean_largest" }
      var higherIsBetter: Bool { true }
      private var sum = 0.0
      private var total = 0
      var value: Double { total > 0 ? sum / Double(total) : 0 }
      mutating func reset() { (sum, total) = (0, 0) }
      mutating func add(predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int) {
        for row in 0..<count {
          let size = predictions.count / count
          sum += Double(predictions[row * size..<(row + 1) * size].array.max() ?? 0)
        }
        total += count
      }
    }
    func run(_ metrics: PerOutput<[any Metric]>) throws -> (Evaluation, [UInt32]) {
      let model = try Model(
        Self.graph(), losses: [.sparseCategoricalCrossEntropy, .meanSquaredError],
        metrics: metrics, seed: 3, threads: 1)
      try model.fit(fixture.data(), epochs: 2, batchSize: 8, verbose: false)
      return (try model.evaluate(fixture.data()), model.bits)
    }
    let plain = try run([[Accuracy()], []])
    let both = try run([[Accuracy(), MeanLargest()], []])
    #expect(plain.1 == both.1)
    #expect(plain.0["digit_accuracy"] == both.0["digit_accuracy"])
    let mean = try #require(both.0["digit_mean_largest"])
    #expect(mean > 1.0 / 3 && mean <= 1)
  }

  /// Layers that are frozen keep their bits, and the optimizer has no slots for them.
  @Test func frozenLayersHaveNoOptimizerState() throws {
    let graph = try Self.graph().freezing("encoder", "shared")
    let model = try Model(
      graph, optimizer: Adam(), losses: [.sparseCategoricalCrossEntropy, .meanSquaredError],
      threads: 1)
    let optimizer = model.state.optimizer
    #expect(
      optimizer.parameters.map(\.name) == [
        "digit/kernel", "digit/bias", "angle/kernel", "angle/bias",
      ])
    #expect(optimizer.parameters.map(\.role) == [.kernel, .bias, .kernel, .bias])
    #expect(optimizer.slots.map(\.count) == [25, 25])
    let before = (model.weights.nonTrainable.array, model.weights.trainable.array)
    #expect(before.0.count == 5 * 4 + 4 + 4 * 6 + 6 + 6 * 5 + 5)
    try model.fit(fixture.data(), epochs: 2, batchSize: 8, verbose: false)
    #expect(model.weights.nonTrainable.array == before.0)
    #expect(zip(model.weights.trainable.array, before.1).allSatisfy { $0 != $1 })
  }

  @Test func mismatchesAreErrorsBeforeTraining() throws {
    func error(_ body: () throws -> Void) -> String {
      #expect(throws: TrainingError.self, performing: body)?.description ?? ""
    }
    #expect(
      error {
        _ = try Model(Self.graph(), losses: [.meanSquaredError])
      } == #"losses: expected 2, one for each output: "digit", "angle", found 1"#)
    #expect(
      error {
        _ = try Model(
          Self.graph(), losses: ["digit": .meanSquaredError, "angel": .meanSquaredError])
      } == #"losses: expected one for each output: "digit", "angle", found "digit", "angel""#)
    #expect(
      error {
        _ = try Model(
          Self.graph(), loss: .meanSquaredError, lossWeights: [1, -1])
      } == "lossWeights: expected 0 or more, finite, found -1.0")
    let model = try fixture.model()
    let before = model.bits
    func tensors(_ sizes: [Int]) -> [Tensor] { sizes.map { Tensor.zeros([6, $0]) } }
    func fit(inputs: [Int], targets: [Int]) -> String {
      error {
        try model.fit(
          ArrayDataset(inputs: tensors(inputs), targets: tensors(targets)), verbose: false)
      }
    }
    #expect(fit(inputs: [5], targets: [1, 2]).contains(#"expected 2 ("left", "right"), found 1"#))
    #expect(fit(inputs: [5, 4], targets: [1, 2]).contains(#"the input "right" of shape"#))
    #expect(fit(inputs: [5, 5], targets: [1]).contains(#"2 outputs ("digit", "angle"), found 1"#))
    #expect(fit(inputs: [5, 5], targets: [1, 3]).hasPrefix(#"output "angle": "#))
    #expect(model.bits == before && model.steps == 0)
  }
}
