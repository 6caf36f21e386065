import Pinion
import Testing

/// Overflow under a finite loss: what a step leaves behind is finite, or the step is named.
@Suite struct OverflowTests {
  /// Samples of two numbers, of three classes; some are scaled.
  private func data(
    _ count: Int, scale: Float = 1, of scaled: (Int) -> Bool = { _ in true }
  ) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: (0..<count).map { n -> [Float] in
        let factor = scaled(n) ? scale : 1
        return [Float(n % 5) - 2.5, Float(n % 3) - 0.75].map { $0 * factor }
      }, inputShape: [2], labels: (0..<count).map { $0 % 3 }, classes: 3)
  }

  /// Sums of inputs as large as floats come, kept small by tiny first weights.
  private func model(
    _ optimizer: some Optimizer = Adam(), kernel: Float = 1e-30, threads: Int = 2
  ) throws -> Model {
    let model = try Model(
      Sequential(input: [2]) {
        Dense(4, activation: .tanh)
        Dense(3, activation: .softmax)
      }, optimizer: optimizer, threads: threads)
    let weights = try #require(model.weights["dense/kernel"])
    for i in weights.indices { weights[i] = kernel * (Float(i) - 3.5) }
    return model
  }

  private func error(
    _ model: Model, _ data: some Dataset, epochs: Int = 1, batchSize: Int = 10,
    callbacks: [any Callback] = []
  ) -> TrainingError? {
    do {
      try model.fit(
        data, epochs: epochs, batchSize: batchSize, shuffle: false, callbacks: callbacks,
        verbose: false)
      return nil
    } catch {
      return error as? TrainingError
    }
  }

  /// Gradients of the kernel are inputs times errors; their sum overflows. The last batch of the last epoch is no exception.
  @Test(arguments: [1, 2, 5]) func aGradientAboveAllFloats(threads: Int) throws {
    for (samples, batch) in [(10, 0), (30, 0), (25, 2)] {
      let model = try model(kernel: 1e-38, threads: threads)
      let data = try data(samples, scale: 1.3e38, of: { $0 >= batch * 10 })
      var before = model.bits
      let error = error(
        model, data,
        callbacks: [ClosureCallback(batchDidEnd: { _, _, _ in before = model.bits })])
      guard case .nonFiniteGradient(epoch: 0, batch, "dense/kernel", nil) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(model.bits == before)
      #expect(model.weights.trainable.array.allSatisfy(\.isFinite))
      #expect(try model.predict(data).elements.allSatisfy(\.isFinite))
    }
  }

  /// One sample's gradient is infinite by itself.
  @Test func theSampleIsNamed() throws {
    for sample in [0, 4, 9] {
      let model = try Model(
        Sequential(input: [1]) {
          Dense(1, usesBias: false)
          Dense(1, usesBias: false)
        }, loss: .meanSquaredError, threads: 2)
      model.weights.trainable.fill(1e-10)
      let values = (0..<10).map { $0 == sample ? Float(1e30) : 1 }
      let data = try ArrayDataset(
        inputs: values, inputShape: [1], targets: values.map { -$0 / 1e11 }, targetShape: [1])
      let before = model.bits
      #expect(
        error(model, data)
          == .nonFiniteGradient(
            epoch: 0, batch: 0, parameter: "dense_1/kernel", sample: sample))
      #expect(model.bits == before)
    }
    #expect(
      TrainingError.nonFiniteGradient(epoch: 1, batch: 2, parameter: "dense/kernel", sample: 4)
        .description == """
          the gradient of "dense/kernel" is not finite in epoch 2, batch 3, though the loss is: \
          it comes from sample 4 of the batch
          """)
  }

  /// The square of a finite gradient is infinite in Adam's memory, after which the parameter would never move again.
  @Test(arguments: [1, 2, 5]) func theOptimizersState(threads: Int) throws {
    let model = try model(threads: threads)
    let data = try data(10, scale: 1e30)
    #expect(
      error(model, data)
        == .nonFiniteUpdate(
          epoch: 0, batch: 0,
          origin: .optimizerState(parameter: "dense/kernel", slot: "velocity")))
    #expect(
      TrainingError.nonFiniteUpdate(
        epoch: 0, batch: 0,
        origin: .optimizerState(parameter: "dense/kernel", slot: "velocity")
      ).description == """
        the update in epoch 1, batch 1 overflows, found in the optimizer's velocity of \
        "dense/kernel", which is not finite
        """)
  }

  /// The very last update, which no further step looks at.
  @Test func theParameterItself() throws {
    for samples in [10, 7] {
      let model = try model(SGD(learningRate: 1e38), kernel: 1)
      guard
        case .nonFiniteUpdate(epoch: 0, batch: 0, origin: .parameter) =
          error(model, try data(samples, scale: 100))
      else {
        Issue.record("not found")
        continue
      }
    }
  }

  /// Weights that are finite, and sums of them that are not.
  @Test(arguments: [(10, 1), (25, 1), (10, 3)]) func whatTheLastUpdateLeaves(
    samples: Int, epochs: Int
  ) throws {
    let rate = LearningRate(
      LastStep(steps: epochs * ((samples + 9) / 10), last: 1e37))
    let model = try model(SGD(learningRate: rate), kernel: 1)
    let error = error(model, try data(samples), epochs: epochs)
    guard case .nonFiniteUpdate(let epoch, let batch, origin: .layer) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(epoch == epochs - 1 && batch == (samples + 9) / 10 - 1)
    #expect(model.weights.trainable.array.allSatisfy(\.isFinite))
    let outputs = try model.predict(data(samples)).elements
    #expect(outputs.contains { !$0.isFinite })
  }

  /// A rate of 0 until the last step.
  private struct LastStep: LearningRateSchedule {
    var steps: Int
    var last: Double

    func rate(at step: Int) -> Double { step == steps - 1 ? last : 0 }
  }

  @Test func theBestWeightsAreStillPutBack() throws {
    let model = try model(
      SGD(learningRate: LearningRate(LastStep(steps: 4, last: 1e38))), kernel: 1)
    let stopping = EarlyStopping(monitor: "loss", patience: 5, restoreBestWeights: true)
    let before = model.bits
    guard
      case .nonFiniteUpdate(epoch: 1, batch: 1, _) = error(
        model, try data(20, scale: 100), epochs: 2, callbacks: [stopping])
    else {
      Issue.record("not found")
      return
    }
    #expect(model.bits == before)
  }

  /// The normalized values are finite, the variance of what they come from is not.
  @Test func aMovingVariance() throws {
    let model = try Model(
      Sequential(input: [2]) {
        BatchNormalization(name: "normalization")
        Dense(3, activation: .softmax)
      }, threads: 2)
    let before = model.bits
    let error = error(model, try data(20, scale: 1e25))
    switch error {
    case .nonFiniteUpdate(epoch: 0, batch: 0, origin: .parameter("normalization/moving_variance")):
      break
    default: Issue.record("\(String(describing: error))")
    }
    #expect(model.bits == before)
  }

  /// State that starts at infinity is the layer's own affair.
  @Test func stateMayBeInfiniteFromTheStart() throws {
    struct RunningMinimum: Layer {
      func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

      func parameters(for inputs: [Shape]) -> [Parameter] {
        [Parameter("least", shape: [2], initializer: Infinity(), isTrainable: false)]
      }

      func execution(for pass: LayerPass) -> Execution {
        var execution = Execution()
        execution.forward = [.pieces(1)]
        return execution
      }

      func forward(_ context: LayerContext) {
        context.output.copy(from: context.inputs[0])
        guard context.mode == .training else { return }
        let least = context.parameters[0]
        least[0] = min(least[0], context.inputs[0].array.min() ?? .infinity)
      }

      func backward(_ context: LayerContext) {
        context.inputGradients[0]?.copy(from: context.outputGradient)
      }
    }
    let model = try Model(
      Sequential(input: [2]) {
        RunningMinimum()
        Dense(3, activation: .softmax)
      }, threads: 2)
    try model.fit(data(20), batchSize: 10, verbose: false)
    #expect(model.weights["running_minimum/least"]?.array == [-2.5, .infinity])
  }

  private struct Infinity: Initializer {
    func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
      values.fill(.infinity)
    }
  }

  /// Poisoned data are named whatever pools, rectifies and drops them on the way.
  @Test(arguments: 0..<16) func aPoisonedPixelUnderPooling(place: Int) throws {
    var images: [[Float]] = (0..<8).map { n in (0..<16).map { Float((16 * n + $0) % 11) } }
    images[5][place] = .nan
    let data = try ArrayDataset(
      inputs: images, inputShape: [4, 4, 1], labels: (0..<8).map { $0 % 3 }, classes: 3)
    let model = try Model(
      Sequential(input: [4, 4, 1]) {
        MaxPool2D()
        Activation(.relu)
        MaxPool2D()
        Flatten()
        Dense(3, activation: .softmax)
      }, threads: 2)
    #expect(
      error(model, data, batchSize: 4)
        == .nonFiniteLoss(epoch: 0, batch: 1, origin: .input(sample: 1)))
    let outputs = try model.predict(data).elements
    #expect((0..<8).filter { outputs[3 * $0].isNaN } == [5])
  }
}
