import Foundation
import Pinion
import Testing

/// Points of a noisy sine curve over −1…1, made when they are asked for.
struct SineCurve: Dataset {
  let count: Int
  let inputShape: Shape = [1]
  let targetShape: Shape = [1]
  var noise = RandomStream(seed: 7, purpose: "sine curve")

  func copyInput(at index: Int, into view: MemoryView<Float>) { view[0] = x(index) }

  func copyTarget(at index: Int, into view: MemoryView<Float>) {
    view[0] = sin(.pi * x(index)) + 0.1 * noise.uniform(at: UInt64(index))[0]
  }

  private func x(_ index: Int) -> Float { 2 * Float(index) / Float(count) - 1 }
}

struct Reversed: WrappingDataset {
  let base: any Dataset

  func baseIndex(of index: Int) -> Int { base.count - 1 - index }
}

/// The mean of |ŷ − y|.
struct MeanAbsoluteError: Metric {
  var name: String { "mean_absolute_error" }
  var higherIsBetter: Bool { false }
  private var sum = 0.0
  private var total = 0

  var value: Double { total > 0 ? sum / Double(total) : 0 }

  mutating func reset() { (sum, total) = (0, 0) }

  mutating func add(predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int) {
    for i in predictions.indices { sum += Double(abs(predictions[i] - targets[i])) }
    total += predictions.count
  }
}

/// Stops training once the loss is small enough.
final class StopBelow: Callback {
  let threshold: Double

  init(_ threshold: Double) { self.threshold = threshold }

  func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) {
    if let loss = logs["loss"], loss < threshold { run.requestStop() }
  }
}

/// A learning rate that halves every thousand steps.
struct Halving: LearningRateSchedule {
  var start: Double

  func rate(at step: Int) -> Double { start / Double(1 << min(step / 1_000, 30)) }
}

extension LearningRate {
  static func halving(start: Double) -> LearningRate { LearningRate(Halving(start: start)) }
}

/// The code in Documentation/Training.md.
@Suite struct TrainingGuideTests {
  func regression() throws -> Model {
    let network = try Sequential(input: [1]) {
      Dense(16, activation: .tanh)
      Dense(1)
    }
    let model = try Model(
      network, optimizer: Adam(learningRate: .halving(start: 0.02)),
      loss: .meanSquaredError, metrics: [MeanAbsoluteError()])
    return model
  }

  @Test func ratesOfParametersDiffer() throws {
    let network = try Sequential(input: [1]) {
      Dense(16, activation: .tanh)
      Dense(1)
    }
    // The first layer learns at a tenth of the rate, all biases at the double one.
    let optimizer = Adam(
      learningRate: 0.001,
      parameterRules: [
        ParameterRule(name: "dense", learningRateMultiplier: 0.1),
        ParameterRule(role: .bias, learningRateMultiplier: 2),
      ])
    let model = try Model(network, optimizer: optimizer, loss: .meanSquaredError)
    try model.fit(SineCurve(count: 100), verbose: false)
    #expect(model.steps == 4)
  }

  @Test func gradientsOfAnOwnLoop() throws {
    let network = try Sequential(input: [1]) {
      Dense(16, activation: .tanh, kernelRegularizer: .l2(0.0001), kernelConstraint: .maxNorm(3))
      BatchNormalization()
      Dense(1)
    }
    let optimizer = AdamW(
      learningRate: .warmup(
        steps: 20, then: .cosineDecay(initialLearningRate: 0.01, decaySteps: 500)),
      weightDecay: 0.05, clipping: .globalNorm(1),
      parameterRules: [
        ParameterRule(role: .bias, weightDecay: 0),
        ParameterRule(role: .normalization, weightDecay: 0),
      ])
    let averaged = ExponentialMovingAverage(
      GradientAccumulation(optimizer, steps: 2), momentum: 0.9)
    let model = try Model(network, optimizer: averaged, loss: .meanSquaredError)
    let data = SineCurve(count: 100)
    let loader = try BatchLoader(data, batchSize: 25)
    try loader.startEpoch(epoch: 0)
    while let batch = try loader.next() {
      let gradients = try model.gradients(of: batch)
      gradients["dense/kernel"] = gradients["dense/kernel"] * 0.5
      try model.apply(gradients)
    }
    #expect(model.steps == 4)
  }

  @Test func customDatasetMetricScheduleAndCallback() throws {
    let model = try regression()
    #expect(model.learningRate == 0.02)
    let history = try model.fit(
      SineCurve(count: 400), epochs: 300, callbacks: [StopBelow(0.01)], verbose: false)
    let losses = history["loss"]
    #expect(try #require(losses.last) < 0.01)
    #expect(losses.dropLast().allSatisfy { $0 >= 0.01 })
    #expect(losses.count < 300)
    #expect(model.learningRate == 0.02 / Double(1 << (model.steps / 1_000)))
    let evaluation = try model.evaluate(SineCurve(count: 100))
    let error = try #require(evaluation["mean_absolute_error"])
    #expect(error > 0 && error < 0.15)
    #expect(evaluation.accuracy == nil)
  }

  @Test func commonCallbacks() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    let (training, validation) = try Bars.dataset(300, seed: 1).split(validation: 0.2)
    let model = try Model(Bars.network())
    let history = try model.fit(
      training, validation: validation, epochs: 5, batchSize: 50,
      callbacks: [
        ReduceLROnPlateau(patience: 2),
        ModelCheckpoint("\(folder)/best.safetensors", saveBestOnly: true),
        CSVLogger("\(folder)/history.csv"),
        EarlyStopping(patience: 3, restoreBestWeights: true),
      ])
    #expect(history.keys == ["accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"])
    let best = try Model(contentsOf: temporary.file("best.safetensors"))
    #expect(best.weights.trainable.array == model.weights.trainable.array)
    let lines = try String(contentsOf: temporary.file("history.csv"), encoding: .utf8)
    #expect(lines.hasPrefix("epoch,accuracy,learning_rate,loss,val_accuracy,val_loss\n0,"))
  }

  @Test func crossValidation() throws {
    let images = try Bars.dataset(200, seed: 1)
    var accuracies: [Double] = []

    for (training, validation) in try images.stratifiedKFold(5, seed: 1) {
      let model = try Model(Bars.network(), optimizer: Adam(learningRate: 0.01))
      try model.fit(training.resampled(), epochs: 2, verbose: false)
      accuracies.append(try model.evaluate(validation).accuracy ?? 0)
    }

    #expect(accuracies.count == 5)
    #expect(accuracies.allSatisfy { (0...1).contains($0) })
  }

  @Test func tables() throws {
    let temporary = try TemporaryFolder()
    let (file, testFile) = (temporary.file("flats.csv"), temporary.file("test.csv"))
    let header = "area,district,year,price\n"
    try (header + "61,north,1980,250\n80.5,\"east, new\",,400\n").write(
      to: file, atomically: true, encoding: .utf8)
    try (header + "70,north,,300\n").write(to: testFile, atomically: true, encoding: .utf8)

    let flats = try CSVDataset(
      contentsOf: file,
      features: [.number("area"), .number("year", missing: .mean), .category("district")],
      target: .number("price"))
    let test = try CSVDataset(
      contentsOf: testFile, features: flats.features, target: flats.target)
    let scaling = try Standardization(fitting: flats)

    #expect(flats.featureNames == ["area", "year", "district=east, new", "district=north"])
    #expect(scaling.mean == [70.75, 1_980, 0.5, 0.5])
    let values = AlignedBuffer(count: 4)
    test.copyInput(at: 0, into: values.view)
    #expect(values.view.array == [70, 1_980, 0, 1])
  }

  @Test func aWrappedDatasetForwards() throws {
    let images = try Bars.dataset(20, seed: 1)
    let reversed = Reversed(base: images)
    let (own, other) = (
      AlignedBuffer(count: images.inputShape.elementCount),
      AlignedBuffer(count: images.inputShape.elementCount)
    )
    try reversed.copyInput(at: 3, into: own.view)
    images.copyInput(at: 16, into: other.view)
    #expect(own.view.array == other.view.array)
    try Model(Bars.network()).fit(reversed, epochs: 1, verbose: false)
  }

  @Test func messagesAreHandled() throws {
    let (training, validation) = try Bars.dataset(60, seed: 1).split(validation: 0.2)
    let model = try Model(Bars.network())
    try withLogHandler({ message in
      FileHandle.standardError.write(Data("\(message.level): \(message.text)\n".utf8))
    }) {
      try model.fit(training, validation: validation, epochs: 2)
    }
    #expect(model.steps == 4)
  }

  @Test func augmentationAndStandardization() throws {
    let bars = try Bars.dataset(200, seed: 1)
    let values = AlignedBuffer(count: 144)
    let pixels = (0..<bars.count).flatMap { index in
      bars.copyInput(at: index, into: values.view)
      return values.view.array.map { UInt8(min(255, 140 * $0)) }
    }
    let images = try ImageDataset(
      pixels: pixels, imageShape: [12, 12, 1], labels: (0..<bars.count).map { $0 % 3 },
      classNames: Bars.classNames)
    let model = try Model(Bars.network(), loss: .categoricalCrossEntropy)

    let (training, validation) = try images.oneHot().split(validation: 0.1)
    let augmented = try training.augmented(seed: 1) {
      RandomFlip(.horizontal)
      RandomRotation(15)
      RandomTranslation(height: 0.1, width: 0.1)
      RandomBrightness(0.2)
      Cutout(4)
    }
    let scaling = try Standardization(fitting: training)
    try model.fit(
      augmented.standardized(by: scaling), validation: validation.standardized(by: scaling),
      epochs: 3, batchSize: 50)

    let strong = try training.augmented(seed: 1) {
      RandomFlip(.horizontal)
      PadAndCrop(2)
      TrivialAugmentWide()
      RandomErasing(probability: 0.25)
    }

    let views: [TestTimeView] = [.original, .flipped, .shifted(right: 1), .shifted(right: -1)]
    let averaged = try model.predict(validation, views: views)

    #expect(averaged.shape == [20, 3])
    #expect(model.steps == 12)
    #expect(scaling.mean.count == 1)
    #expect(strong.count == training.count)
  }

  @Test func interruptingAndResuming() throws {
    let temporary = try TemporaryFolder()
    let (training, validation) = try Bars.dataset(300, seed: 1).split(validation: 0.2)
    /// The history and the weights of a run, which goes on where one of fewer epochs has left a
    /// checkpoint.
    func run(_ file: URL, after epochs: Int?) throws -> (History, [Float]) {
      if let epochs {
        try Model(Bars.network(), seed: 5).fit(
          training, validation: validation, epochs: epochs, batchSize: 50,
          callbacks: [EarlyStopping(patience: 3, restoreBestWeights: true)],
          checkpointing: Checkpointing(to: file, settings: ["rotation": "15"]), verbose: false)
      }
      let model = try Model(Bars.network(), seed: 5)
      let history = try model.fit(
        training, validation: validation, epochs: 8, batchSize: 50,
        callbacks: [EarlyStopping(patience: 3, restoreBestWeights: true)],
        checkpointing: Checkpointing(
          to: file, every: .batches(4), resumes: true, settings: ["rotation": "15"]))
      return (history, model.weights.trainable.array)
    }
    let undisturbed = try run(temporary.file("a.safetensors"), after: nil)
    let resumed = try run(temporary.file("b.safetensors"), after: 3)
    #expect(resumed.0 == undisturbed.0)
    #expect(resumed.1 == undisturbed.1)
  }

  @Test func predictingFromManyThreads() async throws {
    let temporary = try TemporaryFolder()
    let file = temporary.file("weights.safetensors")
    let model = try Model(Bars.network(), seed: 3)
    try model.saveWeights(to: file)
    let images = Tensor.uniform(shape: [5, 12, 12, 1], from: RandomStream(seed: 1, stream: 0))
    let requests = Array(repeating: images, count: 8)

    let predictor = try Predictor(contentsOf: file)
    let answers = try await withThrowingTaskGroup(of: Tensor.self) { group in
      for request in requests {
        group.addTask { try predictor.predict(request) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    let expected = try Predictor(model).predict(images)
    #expect(answers == Array(repeating: expected, count: 8))
  }

  @Test func savingAndReading() throws {
    let temporary = try TemporaryFolder()
    let file = temporary.file("weights.safetensors")
    let model = try Model(Bars.network(), loss: .categoricalCrossEntropy, seed: 3)

    try model.saveWeights(to: file)
    // The same network, elsewhere built by the same code.
    let twin = try Model(Bars.network(), loss: .categoricalCrossEntropy)
    try twin.loadWeights(from: file)
    // The network as the file describes it, to be trained further.
    let reloaded = try Model(
      contentsOf: file, optimizer: SGD(learningRate: 0.01), loss: .categoricalCrossEntropy)

    let test = try Bars.dataset(30, seed: 2, encoding: .oneHot)
    let expected = try model.evaluate(test)
    #expect(try twin.evaluate(test) == expected)
    #expect(try reloaded.evaluate(test) == expected)
    #expect(try Model(Bars.network(), loss: .categoricalCrossEntropy).evaluate(test) != expected)
  }

  @Test func schedules() throws {
    let decaying = try Model(
      Bars.network(),
      optimizer: Adam(learningRate: .cosineDecay(initialLearningRate: 0.01, decaySteps: 60)))
    try decaying.fit(Bars.dataset(100, seed: 1), epochs: 6, batchSize: 10, verbose: false)
    #expect(decaying.learningRate == 0)
  }
}
