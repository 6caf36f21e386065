import Pinion
import PinionTestSupport
import Testing

/// Weights of samples and classes in losses, metrics, updates and evaluations, against Keras's.
@Suite struct WeightedTrainingTests {
  struct Values: Decodable { let data: [Float] }

  struct Run: Decodable {
    let logs: [String: [Double]]
    let kernel: Values
    let evaluation: [String: Double]
  }

  struct Expected: Decodable {
    let inputs, labels, kernel, bias, sampleWeights, classWeight: Values
    let runs: [String: Run]
  }

  let fixture = Result { try Fixture.load("weights", as: Expected.self) }

  private func data(_ fixture: Expected, isSparse: Bool, isWeighted: Bool) throws -> ArrayDataset {
    let labels = fixture.labels.data
    var targets = labels
    if !isSparse {
      targets = []
      for label in labels { targets += (0..<3).map { Float($0) == label ? 1 : 0 } }
    }
    return try ArrayDataset(
      inputs: fixture.inputs.data, inputShape: [4], targets: targets,
      targetShape: isSparse ? [1] : [3],
      weights: isWeighted ? fixture.sampleWeights.data : nil)
  }

  private func model(_ fixture: Expected, isSparse: Bool, threads: Int) throws -> Model {
    let network = try Sequential(input: [4]) { Dense(3, activation: .softmax) }
    func make<Kind: Loss>(_ loss: Kind) throws -> Model {
      try Model(
        network, optimizer: SGD(learningRate: 0.5), loss: loss, metrics: [Accuracy()],
        weightedMetrics: [Accuracy(), LossMetric(loss)], threads: threads)
    }
    let model =
      isSparse ? try make(SparseCategoricalCrossEntropy()) : try make(CategoricalCrossEntropy())
    for (index, value) in (fixture.kernel.data + fixture.bias.data).enumerated() {
      model.weights.trainable[index] = value
    }
    return model
  }

  @Test(arguments: ["sample sparse", "sample oneHot", "class sparse", "class oneHot"], [1, 3])
  func asKeras(name: String, threads: Int) throws {
    let fixture = try fixture.get()
    let run = try #require(fixture.runs[name])
    let (isClass, isSparse) = (name.hasPrefix("class"), name.hasSuffix("sparse"))
    let model = try model(fixture, isSparse: isSparse, threads: threads)
    let history = try model.fit(
      data(fixture, isSparse: isSparse, isWeighted: !isClass), epochs: 2, batchSize: 5,
      shuffle: false, classWeight: isClass ? [0: 0.5, 2: 3] : nil, verbose: false)
    #expect(run.logs.count == 4)
    for (name, expected) in run.logs {
      let found = history[name]
      #expect(found.count == 2, "\(name)")
      for (value, expected) in zip(found, expected) {
        #expect(abs(value - expected) < 1e-5, "\(name): \(value), \(expected)")
      }
    }
    #expect(
      relativeDifference(Array(model.weights.trainable.array[0..<12]), run.kernel.data) < 1e-5)
    let evaluation = try model.evaluate(
      data(fixture, isSparse: isSparse, isWeighted: true), batchSize: 5)
    for (name, expected) in run.evaluation {
      let value = try #require(evaluation[name])
      #expect(abs(value - expected) < 1e-5, "\(name): \(value), \(expected)")
    }
  }

  /// Factors in a list, by class, and multiplied with a data set's own weights.
  @Test func factorsMultiplyWeights() throws {
    let fixture = try fixture.get()
    func bits(_ data: ArrayDataset, _ weights: ClassWeights?) throws -> [UInt32] {
      let model = try model(fixture, isSparse: true, threads: 2)
      try model.fit(data, batchSize: 5, classWeight: weights, verbose: false)
      return model.bits
    }
    let (plain, weighted) = (
      try data(fixture, isSparse: true, isWeighted: false),
      try data(fixture, isSparse: true, isWeighted: true)
    )
    let labels = fixture.labels.data.map { Int($0) }
    let factors = fixture.classWeight.data
    func dataset(_ weights: [Float]) throws -> ArrayDataset {
      try ArrayDataset(
        inputs: fixture.inputs.data, inputShape: [4], targets: fixture.labels.data,
        targetShape: [1], weights: weights)
    }
    let given = try dataset(labels.map { factors[$0] })
    #expect(try bits(plain, [0.5, 1, 3]) == bits(given, nil))
    #expect(try bits(plain, [0: 0.5, 2: 3]) == bits(given, nil))
    let product = try dataset(zip(labels, fixture.sampleWeights.data).map { factors[$0] * $1 })
    #expect(try bits(weighted, [0.5, 1, 3]) == bits(product, nil))
    #expect(try bits(plain, [1, 1, 1]) == bits(plain, nil))
    let counts = (0..<3).map { label in labels.filter { $0 == label }.count }
    let balanced = try dataset(labels.map { 13 / (3 * Float(counts[$0])) })
    #expect(try bits(plain, .balanced) == bits(balanced, nil))
  }

  /// Of targets with a teacher's logits the class is the index, whatever the teacher says.
  @Test func classOfADistillationIsTheIndex() throws {
    let labels = (0..<12).map { $0 * $0 % 3 }
    let inputs = (0..<48).map { Float($0 % 7) / 7 }
    func data(weights: [Float]?) throws -> ArrayDataset {
      try ArrayDataset(
        inputs: inputs, inputShape: [4], targets: labels.flatMap { [Float($0), 9, -9, 3] },
        targetShape: [4], weights: weights)
    }
    func bits(_ data: ArrayDataset, _ weights: ClassWeights?) throws -> [UInt32] {
      let model = try Model(
        Sequential(input: [4]) { Dense(3, activation: .softmax) },
        optimizer: SGD(learningRate: 0.5), loss: .distillation(alpha: 0.5), threads: 1)
      try model.fit(data, batchSize: 5, classWeight: weights, verbose: false)
      return model.bits
    }
    let factors: [Float] = [0.5, 1, 3]
    #expect(
      try bits(data(weights: nil), ClassWeights(factors))
        == bits(data(weights: labels.map { factors[$0] }), nil))
  }

  @Test func whatIsRefused() throws {
    let fixture = try fixture.get()
    let data = try data(fixture, isSparse: true, isWeighted: false)
    let model = try model(fixture, isSparse: true, threads: 1)
    let before = model.bits
    for weights in [[3: 1], [-1: 1], [0: -1], [0: .nan], [0: .infinity]] as [[Int: Float]] {
      let error = #expect(throws: TrainingError.self) {
        try model.fit(data, classWeight: ClassWeights(weights), verbose: false)
      }
      #expect(error?.description.contains("classWeight") == true)
    }
    let positions = try ArrayDataset(
      inputs: fixture.inputs.data, inputShape: [4], targets: fixture.inputs.data,
      targetShape: [2, 2])
    let wide = try Model(
      Sequential(input: [4]) { Dense(4) }, loss: .meanSquaredError, threads: 1)
    #expect(throws: (any Error).self) {
      try wide.fit(positions, classWeight: [1, 2], verbose: false)
    }
    #expect(model.bits == before && model.steps == 0)
    struct Own: Metric {
      var name: String { "own" }
      var higherIsBetter: Bool { true }
      var value: Double { 0.0 }
      mutating func reset() {}
      mutating func add(predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int) {}
    }
    let error = #expect(throws: TrainingError.self) {
      try Model(
        Sequential(input: [4]) { Dense(3, activation: .softmax) }, weightedMetrics: [Own()],
        threads: 1)
    }
    #expect(error?.description.contains("weightedMetrics") == true)
  }

  /// Equal names get a number, those with weights a prefix.
  @Test func namesAreUnique() throws {
    let fixture = try fixture.get()
    let model = try Model(
      Sequential(input: [4]) { Dense(3, activation: .softmax) },
      metrics: [Accuracy(), Precision(), Precision(average: .micro)],
      weightedMetrics: [Accuracy(), Recall(), BrierScore()], threads: 1)
    let logs = try model.evaluate(data(fixture, isSparse: true, isWeighted: true)).logs
    #expect(
      Set(logs.map(\.name)) == [
        "accuracy", "precision", "precision_1", "weighted_accuracy", "recall", "brier_score",
        "loss",
      ])
  }

  /// A loss as a metric has the loss's value, with and without weights.
  @Test func lossesAreMetrics() throws {
    let fixture = try fixture.get()
    let model = try Model(
      Sequential(input: [4]) { Dense(3) }, loss: .meanSquaredError,
      metrics: [LossMetric(.meanSquaredError), LossMetric(.cosineSimilarity, name: "cosine")],
      weightedMetrics: [LossMetric(.meanSquaredError)], seed: 1, threads: 2)
    let plain = try model.evaluate(data(fixture, isSparse: false, isWeighted: false))
    let loss = plain.loss
    #expect(abs(try #require(plain["mean_squared_error"]) - loss) < 1e-6 * loss)
    #expect(plain["weighted_mean_squared_error"] == plain["mean_squared_error"])
    #expect(abs(try #require(plain["cosine"])) <= 1)
    let weighted = try model.evaluate(data(fixture, isSparse: false, isWeighted: true))
    #expect(weighted["mean_squared_error"] == plain["mean_squared_error"])
    // The loss divides by the number of samples, the metric by their weights.
    let sum = fixture.sampleWeights.data.reduce(0) { $0 + Double($1) }
    #expect(
      abs(try #require(weighted["weighted_mean_squared_error"]) - weighted.loss * 13 / sum) < 1e-6)
  }

  /// Class weights belong to what must be equal for a run to go on.
  @Test func runsResume() throws {
    let fixture = try fixture.get()
    let folder = TemporaryFolder()
    let data = try data(fixture, isSparse: true, isWeighted: false)
    let file = folder.url.appending(path: "run.checkpoint")
    func fit(epochs: Int, _ weights: ClassWeights?, isSaved: Bool = true) throws -> [UInt32] {
      let model = try model(fixture, isSparse: true, threads: 1)
      try model.fit(
        data, epochs: epochs, batchSize: 5, classWeight: weights,
        checkpointing: isSaved ? Checkpointing(to: file, resumes: true) : nil, verbose: false)
      return model.bits
    }
    _ = try fit(epochs: 1, [1, 2, 3])
    let error = #expect(throws: (any Error).self) { try fit(epochs: 2, [1, 2, 4]) }
    #expect(error.map { "\($0)" }?.contains("class weights") == true)
    #expect(try fit(epochs: 2, [1, 2, 3]) == fit(epochs: 2, [1, 2, 3], isSaved: false))
  }
}
