import Pinion
import Testing

/// NaN and infinity stop training, and the error says where they came from.
@Suite struct NonFiniteTests {
  /// Images of which one is spoilt.
  private struct Spoilt: Dataset {
    let base: any Dataset
    let index: Int
    var input: Float?
    var target: Float?

    var count: Int { base.count }
    var inputShape: Shape { base.inputShape }
    var targetShape: Shape { base.targetShape }

    func copyInput(at index: Int, into view: MemoryView<Float>) throws {
      try base.copyInput(at: index, into: view)
      if index == self.index, let input { view[view.count - 1] = input }
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) throws {
      try base.copyTarget(at: index, into: view)
      if index == self.index, let target { view[view.count - 1] = target }
    }
  }

  private func spoilt(input: Float? = nil, target: Float? = nil) throws -> Spoilt {
    Spoilt(base: try Samples.images(40), index: 25, input: input, target: target)
  }

  private func model(_ optimizer: some Optimizer = Adam()) throws -> Model {
    try Model(Samples.personal(), optimizer: optimizer, threads: 2)
  }

  /// Trains in natural order, with batches of ten; returns the bits after each whole batch, and the
  /// error.
  private func train(
    _ model: Model, on data: some Dataset, epochs: Int = 1, callbacks: [any Callback] = []
  ) -> (states: [[UInt32]], error: TrainingError?) {
    var states = [model.bits]
    do {
      try model.fit(
        data, epochs: epochs, batchSize: 10, shuffle: false,
        callbacks: [ClosureCallback(batchDidEnd: { _, _, _ in states.append(model.bits) })]
          + callbacks, verbose: false)
      return (states, nil)
    } catch {
      return (states, error as? TrainingError)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func inInputs(value: Float) throws {
    let model = try model()
    let (states, error) = train(model, on: try spoilt(input: value))
    #expect(error == .nonFiniteLoss(epoch: 0, batch: 2, origin: .input(sample: 5)))
    #expect(states.count == 3)
    #expect(model.bits == states[2])
    #expect(
      error?.description == """
        the loss is not finite in epoch 1, batch 3: it comes from \
        an input that is not finite, of sample 5 of the batch
        """)
  }

  @Test(arguments: [Float.nan, .infinity, -1, 3, 1.5, 1e20])
  func inTargets(value: Float) throws {
    let model = try model()
    let (states, error) = train(model, on: try spoilt(target: value))
    guard case .nonFiniteLoss(epoch: 0, batch: 2, origin: .target(sample: 5, let found)) = error
    else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found.bitPattern == value.bitPattern)
    #expect(model.bits == states[2])
  }

  @Test func inAParameter() throws {
    let model = try model()
    let kernel = try #require(model.weights["conv2d_1/kernel"])
    kernel[3] = .nan
    let before = model.bits
    let (_, error) = train(model, on: try Samples.images(20))
    #expect(error == .nonFiniteLoss(epoch: 0, batch: 0, origin: .parameter("conv2d_1/kernel")))
    #expect(model.bits == before)
  }

  @Test func inALayer() throws {
    let model = try model()
    let kernel = try #require(model.weights["conv2d_1/kernel"])
    kernel.fill(3e38)
    let (states, error) = train(model, on: try Samples.images(20))
    #expect(error == .nonFiniteLoss(epoch: 0, batch: 0, origin: .layer("conv2d_1")))
    #expect(model.bits == states[0])
  }

  @Test func fromAnExplodingRate() throws {
    let model = try model(SGD(learningRate: 1e30))
    let (states, error) = train(model, on: try Samples.images(40), epochs: 2)
    guard case .nonFiniteLoss(epoch: 0, let batch?, let origin) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(batch == states.count - 1 && batch > 0)
    switch origin {
    case .layer, .parameter: break
    default: Issue.record("\(origin)")
    }
    #expect(model.bits == states[batch])
  }

  @Test func atAGivenStepOfAUsersLayer() throws {
    let model = try Model(
      Sequential(input: [7, 7, 1]) {
        BatchNormalization(axis: 1)
        Fuse(limit: 6, name: "fuse")
        Flatten()
        Dense(3, activation: .softmax)
      }, threads: 2)
    let (states, error) = train(model, on: try Samples.images(40), epochs: 3)
    #expect(error == .nonFiniteLoss(epoch: 1, batch: 2, origin: .layer("fuse")))
    #expect(states.count == 7)
    // Moving statistics and the layer's own count included.
    #expect(model.bits == states[6])
    #expect(model.weights["fuse/count"]?[0] == 6)
  }

  @Test func theBestWeightsAreStillPutBack() throws {
    let model = try Model(
      Sequential(input: [7, 7, 1]) {
        Fuse(limit: 6)
        BatchNormalization(axis: 1)
        Flatten()
        Dense(3, activation: .softmax)
      }, threads: 1)
    let stopping = EarlyStopping(monitor: "loss", patience: 5, restoreBestWeights: true)
    let (states, error) = train(
      model, on: try Samples.images(40), epochs: 3, callbacks: [stopping])
    #expect(error == .nonFiniteLoss(epoch: 1, batch: 2, origin: .layer("fuse")))
    #expect(stopping.bestEpoch == 0)
    #expect(model.bits == states[4])
  }

  /// The loss is finite; the weights stay so, too.
  @Test(arguments: [1, 2, 5]) func aGradientIsFoundBeforeItsUpdate(threads: Int) throws {
    let model = try Model(
      Sequential(input: [7, 7, 1]) {
        Flatten()
        Dense(8, activation: .relu)
        Fuse(limit: 2, spoilsGradient: true, name: "fuse")
        Dense(3, activation: .softmax)
      }, threads: threads)
    let (states, error) = train(model, on: try Samples.images(40))
    #expect(
      error
        == .nonFiniteGradient(epoch: 0, batch: 2, parameter: "fuse/factor", sample: nil))
    #expect(
      error?.description
        == "the gradient of \"fuse/factor\" is not finite in epoch 1, batch 3, though the loss is")
    #expect(states.count == 3)
    #expect(model.bits == states[2])
    #expect(model.weights["fuse/count"]?[0] == 2)
  }

  @Test func evaluationReportsWhatItFinds() throws {
    let model = try model()
    #expect(try model.evaluate(spoilt(input: .nan)).loss.isNaN)
    let outputs = try model.predict(spoilt(input: .nan)).elements
    #expect((0..<120).filter { outputs[$0].isNaN } == [75, 76, 77])
  }

  /// Numbers that code sets, and that no file could have.
  @Test(
    arguments: ["moving_variance", "moving_mean"], [Float.nan, .infinity, -.infinity, -1])
  func invalidStateIsNamed(parameter: String, value: Float) throws {
    guard parameter == "moving_variance" || !value.isFinite else { return }
    let (model, data) = (try model(), try Samples.images(40))
    let state = try #require(model.weights["batch_normalization_1/\(parameter)"])
    state[1] = value
    let before = model.bits
    let batch = Tensor.zeros([3, 7, 7, 1])
    let calls: [() throws -> Void] = [
      { try model.fit(data, verbose: false) }, { _ = try model.evaluate(data) },
      { _ = try model.predict(data) }, { _ = try model.predict(batch) },
      { try model.trainOnBatch(data) }, { _ = try model.gradients(of: data) },
      { _ = try model.confusionMatrix(of: data) }, { _ = try Predictor(model) },
    ]
    for call in calls {
      let error = #expect(throws: TrainingError.self, performing: call)
      #expect(
        error?.description
          == "the parameter \"batch_normalization_1/\(parameter)\", element 1: expected "
          + "a finite number\(parameter == "moving_mean" ? "" : ", not negative"), found \(value)")
    }
    #expect(model.bits == before)
    state[1] = 1
    _ = try model.predict(data)
  }
}
