import Pinion
import Testing

/// A loss that is NaN or infinite stops training and says where that came from.
@Suite struct NonFiniteTests {
  /// The identity, until a given step, then NaN.
  struct Poison: Layer {
    var fromSample: Float
    func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }
    func forward(_ context: LayerContext) {
      let (x, y) = (context.inputs[0], context.output)
      for i in x.indices { y[i] = x[i] >= fromSample ? .nan : x[i] }
    }
    func backward(_ context: LayerContext) {
      context.inputGradients[0]?.copy(from: context.outputGradient)
    }
  }

  /// Inputs that become something else at one sample.
  struct Odd: Dataset {
    var count = 20
    var inputShape: Shape = [2]
    var targetShape: Shape = [1]
    var sample = 13
    var input: Float = 0
    var target: Float = 1
    func copyInput(at index: Int, into view: MemoryView<Float>) {
      view.fill(index == sample ? input : 0.5)
    }
    func copyTarget(at index: Int, into view: MemoryView<Float>) {
      view[0] = index == sample ? target : Float(index % 3)
    }
  }

  private func model(poison: Float = .infinity, rate: LearningRate = 0.01) throws -> Model {
    try Model(
      Sequential(input: [2]) {
        Dense(4, activation: .tanh, name: "first")
        Activation(.linear)
        Poison(fromSample: poison)
        Dense(3, activation: .softmax, name: "last")
      }, optimizer: SGD(learningRate: rate), seed: 1)
  }

  private func failure(_ model: Model, _ data: Odd, epochs: Int = 2) throws -> TrainingError {
    let error = #expect(throws: TrainingError.self) {
      try model.fit(data, epochs: epochs, batchSize: 5, shuffle: false, verbose: false)
    }
    return try #require(error)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func inInputs(value: Float) throws {
    let model = try model()
    #expect(
      try failure(model, Odd(input: value))
        == .nonFiniteLoss(epoch: 0, batch: 2, origin: .input(sample: 3)))
    #expect(model.steps == 2)
    #expect(Toy.areFinite(model.weights.trainable.array))
  }

  @Test(arguments: [Float.nan, -1, 3, 0.5]) func inTargets(value: Float) throws {
    let error = try failure(model(), Odd(target: value))
    guard case .nonFiniteLoss(epoch: 0, batch: 2, .target(sample: 3, let found)) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(found == value || found.isNaN && value.isNaN)
  }

  @Test func inALayer() throws {
    let model = try model(poison: 0.9)
    let before = model.weights["first/bias"]!.array
    let error = try failure(model, Odd(input: 100))
    guard case .nonFiniteLoss(_, _, .layer(let name)) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(name == "poison")
    #expect(error.description.contains("poison"))
    #expect(model.weights["first/bias"]!.array.count == before.count)
  }

  @Test func inParameters() throws {
    let model = try model()
    model.weights["first/kernel"]![3] = .nan
    #expect(
      try failure(model, Odd())
        == .nonFiniteLoss(epoch: 0, batch: 0, origin: .parameter("first/kernel")))
  }

  @Test func anExplodingRateEndsInAnErrorThatNamesTheParameterOrLayer() throws {
    let model = try Model(
      Sequential(input: [2]) {
        Dense(8, activation: .relu)
        Dense(1)
      }, optimizer: SGD(learningRate: 1e30), loss: .meanSquaredError, metrics: [], seed: 1)
    let error = try failure(model, Odd(input: 3), epochs: 50)
    guard case .nonFiniteLoss(_, _, let origin) = error else {
      Issue.record("\(error)")
      return
    }
    switch origin {
    case .parameter, .layer, .loss: break
    default: Issue.record("\(origin)")
    }
  }

  @Test func bestWeightsComeBackAfterTheError() throws {
    let model = try model()
    var best: [Float] = []
    let record = ClosureCallback(epochDidEnd: { epoch, _, _ in
      if epoch == 0 { best = model.weights.trainable.array }
      // The next epoch fails in its first batch.
      if epoch == 1 { model.weights.trainable[0] = .nan }
    })
    let stopping = EarlyStopping(
      monitor: "loss", patience: 5, mode: .maximize, restoreBestWeights: true)
    #expect(throws: TrainingError.self) {
      try model.fit(
        Odd(), epochs: 4, batchSize: 5, shuffle: false, callbacks: [stopping, record],
        verbose: false)
    }
    #expect(model.weights.trainable.array == best)
  }
}
