import Pinion
import Testing

/// Overflow with a finite loss: the state after a step is finite, or the error names the step.
@Suite struct OverflowTests {
  /// Samples of two numbers, of three classes.
  private func data(_ count: Int, scale: Float = 1) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: (0..<count).map { n -> [Float] in
        [Float(n % 5) - 2.5, Float(n % 3) - 0.75].map { $0 * scale }
      }, inputShape: [2], labels: (0..<count).map { $0 % 3 }, classes: 3)
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

  /// y = w₂·w₁·x without biases, towards targets far away.
  private func line(
    _ optimizer: some Optimizer = SGD(), weight: Float, threads: Int = 2
  ) throws -> Model {
    let model = try Model(
      Sequential(input: [1]) {
        Dense(1, usesBias: false)
        Dense(1, usesBias: false)
      }, optimizer: optimizer, loss: .meanSquaredError, threads: threads)
    model.weights.trainable.fill(weight)
    return model
  }

  /// Inputs of 1, and of 10³⁰ where the sample is one of `large`, with targets of some 10⁻¹¹ of
  /// them.
  private func line(_ count: Int, large: (Int) -> Bool) throws -> ArrayDataset {
    let values = (0..<count).map { large($0) ? Float(1e30) : 1 }
    return try ArrayDataset(
      inputs: values, inputShape: [1], targets: values.map { $0 / 1e11 }, targetShape: [1])
  }

  /// The gradient is a product that overflows under a loss that does not, in the first batch or in
  /// the last one.
  @Test(arguments: [1, 2, 5]) func aGradientAboveAllFloats(threads: Int) throws {
    for (samples, bad, sample) in [
      (10, 0..<10, nil), (30, 4..<5, 4), (25, 21..<23, 1), (7, 6..<7, 6),
    ]
      as [(Int, Range<Int>, Int?)]
    {
      let model = try line(weight: 1e-8, threads: threads)
      let data = try line(samples, large: { bad.contains($0) })
      var before = model.bits
      let error = error(
        model, data,
        callbacks: [ClosureCallback(batchDidEnd: { _, _, _ in before = model.bits })])
      #expect(
        error
          == .nonFiniteGradient(
            epoch: 0, batch: bad.lowerBound / 10, parameter: "dense_1/kernel", sample: sample))
      #expect(model.bits == before)
      let outputs = try model.predict(data).elements
      #expect(outputs.allSatisfy { $0.isFinite })
    }
    #expect(
      TrainingError.nonFiniteGradient(epoch: 1, batch: 2, parameter: "dense/kernel", sample: 4)
        .description == """
          the gradient of "dense/kernel" is not finite in epoch 2, batch 3, though the loss is: \
          it comes from sample 4 of the batch
          """)
  }

  /// The square of a finite gradient is infinite in Adam's memory, after which the parameter would
  /// become NaN.
  @Test(arguments: [1, 2, 5]) func theOptimizersState(threads: Int) throws {
    for (large, sample) in [(0..<10, nil), (3..<4, 3)] as [(Range<Int>, Int?)] {
      let model = try line(Adam(), weight: 1e-12, threads: threads)
      let before = model.bits
      let data = try line(10, large: { large.contains($0) })
      let error = error(model, data)
      let expected = TrainingError.nonFiniteUpdate(
        epoch: 0, batch: 0,
        origin: .optimizerState(parameter: "dense/kernel", slot: "velocity"), sample: sample)
      #expect(error?.description.contains("optimizer's velocity") == true)
      if let sample {
        #expect(error?.description.hasSuffix("it comes from sample \(sample) of the batch") == true)
      }
      #expect(error == expected)
      #expect(model.bits == before)
      #expect(model.steps == 0)
      // The state is unchanged: training continues with other data.
      try model.fit(line(10, large: { _ in false }), verbose: false)
    }
  }

  /// The very last update, which no further step looks at.
  @Test func theParameterItself() throws {
    for samples in [10, 7] {
      let model = try line(SGD(learningRate: 1e38), weight: 3)
      let before = model.bits
      let data = try line(samples, large: { _ in false })
      #expect(
        error(model, data)
          == .nonFiniteUpdate(
            epoch: 0, batch: 0, origin: .parameter("dense/kernel"), sample: nil))
      #expect(model.bits == before)
      #expect(model.steps == 0)
    }
  }

  /// Weights that are finite, and products of them that are not.
  @Test(arguments: [(10, 1), (25, 1), (10, 3)]) func whatTheLastUpdateLeaves(
    samples: Int, epochs: Int
  ) throws {
    let batches = (samples + 9) / 10
    let rate = LearningRate(LastStep(steps: epochs * batches, last: 1e25))
    let model = try line(SGD(learningRate: rate), weight: 1)
    let data = try line(samples, large: { _ in false })
    #expect(
      error(model, data, epochs: epochs)
        == .nonFiniteUpdate(
          epoch: epochs - 1, batch: batches - 1, origin: .layer("dense_1"), sample: nil))
    #expect(model.weights.trainable.array.allSatisfy { $0.isFinite })
    let outputs = try model.predict(data).elements
    #expect(outputs.allSatisfy { !$0.isFinite })
  }

  /// An interruption ends training in the middle of an epoch, after which no step looks either.
  @Test func whatTheLastUpdateBeforeAnInterruptionLeaves() throws {
    let model = try line(
      SGD(learningRate: LearningRate(LastStep(steps: 2, last: 1e25))), weight: 1)
    let interrupting = ClosureCallback(batchDidEnd: { batch, _, run in
      if batch == 1 { run.interrupt() }
    })
    #expect(
      error(model, try line(30, large: { _ in false }), callbacks: [interrupting])
        == .nonFiniteUpdate(epoch: 0, batch: 1, origin: .layer("dense_1"), sample: nil))
    #expect(model.steps == 2)
  }

  /// A rate of 0 until the last step.
  private struct LastStep: LearningRateSchedule {
    var steps: Int
    var last: Double

    func rate(at step: Int) -> Double { step == steps - 1 ? last : 0 }
  }

  @Test func theBestWeightsAreStillPutBack() throws {
    let model = try line(
      SGD(learningRate: LearningRate(LastStep(steps: 4, last: 1e25))), weight: 1)
    let stopping = EarlyStopping(monitor: "loss", patience: 5, restoreBestWeights: true)
    let before = model.bits
    let data = try line(20, large: { _ in false })
    #expect(
      error(model, data, epochs: 2, callbacks: [stopping])
        == .nonFiniteUpdate(epoch: 1, batch: 1, origin: .layer("dense_1"), sample: nil))
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
    case .nonFiniteUpdate(
      epoch: 0, batch: 0, origin: .parameter("normalization/moving_variance"), sample: _):
      break
    default: Issue.record("\(String(describing: error))")
    }
    #expect(model.bits == before)
  }

  /// State that starts at infinity may remain there, but not become infinite otherwise.
  @Test func stateMayBeInfiniteFromTheStart() throws {
    struct RunningMinimum: Layer {
      func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

      func parameters(for inputs: [Shape]) -> [Parameter] {
        [Parameter("least", shape: [2], initializer: Infinity(), isTrainable: false)]
      }

      func program(for pass: LayerPass) -> LayerProgram {
        var program = LayerProgram(pass)
        let least = program.parameter("least")
        program.forward = [
          .pieces(1) { context in
            context.output.copy(from: context.inputs[0])
            guard pass.mode == .training else { return }
            context[least][0] = min(context[least][0], context.inputs[0].array.min() ?? .infinity)
          }
        ]
        program.backward = [.samples { $0.inputGradients[0]?.copy(from: $0.outputGradient) }]
        return program
      }
    }
    let model = try Model(
      Sequential(input: [2]) {
        RunningMinimum()
        Dense(3, activation: .softmax)
      }, threads: 2)
    try model.fit(data(20), batchSize: 10, verbose: false)
    let least = try #require(model.weights["running_minimum/least"])
    #expect(least.array == [-2.5, .infinity])
    _ = try model.predict(data(20))
    least[1] = -.infinity
    #expect(throws: TrainingError.self) { _ = try model.predict(data(20)) }
  }

  private struct Infinity: Initializer {
    func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
      values.fill(.infinity)
    }
  }

  /// Samples of which one has a NaN, which an array of the library's own refuses.
  private struct Poisoned: Dataset {
    let base: ArrayDataset
    let sample, place: Int

    var count: Int { base.count }
    var inputShape: Shape { base.inputShape }
    var targetShape: Shape { base.targetShape }

    func copyInput(at index: Int, into view: MemoryView<Float>) {
      base.copyInput(at: index, into: view)
      if index == sample { view[place] = .nan }
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) {
      base.copyTarget(at: index, into: view)
    }
  }

  /// NaN in the data is reported in spite of pooling, rectifiers and dropout.
  @Test(arguments: 0..<16) func aPoisonedPixelUnderPooling(place: Int) throws {
    let images: [[Float]] = (0..<8).map { n in (0..<16).map { Float((16 * n + $0) % 11) } }
    let clean = try ArrayDataset(
      inputs: images, inputShape: [4, 4, 1], labels: (0..<8).map { $0 % 3 }, classes: 3)
    let data = Poisoned(base: clean, sample: 5, place: place)
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

  /// Norms beyond the range of single precision: the gradients are finite, so the step is that of
  /// smaller ones, which clipping, LARS and Muon bring to the same size.
  @Test(
    arguments: [
      SGD(learningRate: 0.1, clipping: .globalNorm(1)), SGD(learningRate: 0.1, clipping: .norm(1)),
      Adam(clipping: .globalNorm(1)), LARS(learningRate: 0.1), Muon(learningRate: 0.1),
    ] as [any Optimizer])
  func normsBeyondSinglePrecisionMakeSteps(optimizer: any Optimizer) throws {
    func step(_ scale: Float) throws -> [Float] {
      func model(_ optimizer: some Optimizer) throws -> Model {
        try Model(
          Sequential(input: [2]) {
            Dense(3, usesBias: false)
            Dense(1, usesBias: false)
          }, optimizer: optimizer, loss: .meanAbsoluteError, metrics: [], seed: 1, threads: 1)
      }
      let trained = try model(optimizer)
      let before = trained.weights.trainable.array
      try trained.trainOnBatch(
        Tensor([[1, 2], [3, 4], [5, 6], [7, 8]].map { $0.map { $0 * scale } }),
        targets: Tensor([0, 1, 2, 3]))
      return zip(trained.weights.trainable.array, before).map { $0 - $1 }
    }
    let expected = try step(1e12)
    #expect(expected.contains { abs($0) > 1e-4 })
    for scale: Float in [1e19, 1e25, 1e30] {
      let found = try step(scale)
      for (a, b) in zip(found, expected) {
        #expect(abs(a - b) <= 1e-5 * max(1, abs(b)), "\(scale): \(found), not \(expected)")
      }
    }
  }
}
