internal import ExampleNetworks
internal import Pinion
internal import PinionLinearAlgebra
internal import PinionTensor

/// A run: training by a recipe, then evaluation over several views of each image.
struct Speedrun {
  /// Means and standard deviations of the training images' channels.
  private static let scaling = Result {
    try Standardization(
      mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2470, 0.2435, 0.2616])
  }
  /// Samples that are predicted at a time.
  private static let predictedBatch = 500

  let recipe: SpeedrunRecipe
  let seed: UInt64
  /// Nil for one per core.
  let threads: Int?

  private(set) var meter = SpeedrunMeter()
  private(set) var whiteningSeconds = 0.0
  /// From the start of the whitening to the end of training.
  private(set) var trainSeconds = 0.0
  private(set) var evaluateSeconds = 0.0
  /// Of the weighted mean of six views' logits.
  private(set) var accuracy: Double?
  private(set) var singleViewAccuracy: Double?
  private(set) var singleViewLoss: Double?

  init(recipe: SpeedrunRecipe, seed: UInt64, threads: Int?) {
    self.recipe = recipe
    self.seed = seed
    self.threads = threads
  }

  var imagesPerSecond: Double {
    Double(meter.stepSeconds.count * recipe.batchSize) / max(trainSeconds, .leastNormalMagnitude)
  }

  private static var network: Graph {
    get throws {
      try SpeedrunNetwork.definition.graph.freezing(SpeedrunNetwork.whitening)
    }
  }

  private func model(_ network: Network, steps: Int) throws -> Model {
    try Model(
      network, optimizer: recipe.optimizer(steps: steps),
      loss: SparseCategoricalCrossEntropy(
        labelSmoothing: recipe.labelSmoothing, fromLogits: true),
      seed: seed, threads: threads)
  }

  /// How a training step runs.
  func explained() throws -> String {
    try model(Network(Self.network, seed: seed), steps: 1).explain(batchSize: recipe.batchSize)
  }

  mutating func train(on images: some Dataset) throws -> Model {
    let network = Network(try Self.network, seed: seed)
    let clock = ContinuousClock()
    let start = clock.now
    let scaling = try Self.scaling.get()
    let whitening = try PatchWhitening(
      fitting: images.prefix(recipe.whitenedImages).standardized(by: scaling))
    whitening.kernel.read { network.weights["\(SpeedrunNetwork.whitening)/kernel"]?.copy(from: $0) }
    whiteningSeconds = (clock.now - start) / .seconds(1)

    let stepsPerEpoch = max(1, images.count / recipe.batchSize)
    let steps = recipe.steps(perEpoch: stepsPerEpoch)
    let model = try model(network, steps: steps)
    let translation = recipe.translation
    let training = try images.alternatelyFlipped(seed: seed).augmented(seed: seed) {
      PadAndCrop(translation, fill: .reflect)
    }.standardized(by: scaling)
    print(
      "Training on \(images.count) images for \(steps) steps of \(recipe.batchSize), "
        + "\(model.graph.parameterCounts.trainable) parameters, seed \(seed), "
        + "\(model.pool.threadCount) thread(s), OpenBLAS \(BLAS.version) (\(BLAS.core))")
    meter = SpeedrunMeter(start: start, steps: steps)
    let (epochs, rest) = steps.quotientAndRemainder(dividingBy: stepsPerEpoch)
    // Whole epochs, then a part of one.
    for (first, last, count) in [(0, epochs, stepsPerEpoch), (epochs, epochs + 1, rest)]
    where count > 0 && last > first {
      try model.fit(
        training, epochs: last, initialEpoch: first, batchSize: recipe.batchSize,
        stepsPerEpoch: count, callbacks: [meter], verbose: false)
    }
    trainSeconds = (clock.now - start) / .seconds(1)
    return model
  }

  /// Accuracies on the test images.
  mutating func evaluate(_ model: Model, on test: ImageDataset) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let images = try test.standardized(by: Self.scaling.get())
    let evaluation = try model.evaluate(images, batchSize: Self.predictedBatch)
    (singleViewAccuracy, singleViewLoss) = (evaluation.accuracy, evaluation.loss)
    let threads = model.pool.threadCount
    func logits(_ shifts: [Int]) throws -> Tensor {
      let views = shifts.flatMap { shift in
        [nil, RandomFlip.Direction.horizontal].map {
          TestTimeView(flip: $0, down: shift, right: shift, fill: .reflect)
        }
      }
      return try model.predict(
        images, views: views, batchSize: Self.predictedBatch, threads: threads)
    }
    // The image and its mirror image count as much as their four shifts.
    let predicted = try (logits([0]) + logits([-1, 1])).argmax(along: 1)
    let correct = zip(predicted, test.labels).count { $0 == $1 }
    accuracy = Double(correct) / Double(test.count)
    evaluateSeconds = (clock.now - start) / .seconds(1)
  }
}

/// Measures steps, and prints and keeps the results of epochs.
final class SpeedrunMeter: Callback {
  struct Epoch: Encodable {
    let loss, accuracy: Double
    /// From the start of the run.
    let seconds: Double
  }

  private let start: ContinuousClock.Instant
  private let steps: Int
  private var lastStep: ContinuousClock.Instant
  /// The duration of each step; that of the first includes its preparation.
  private(set) var stepSeconds: [Double] = []
  private(set) var epochs: [Epoch] = []

  init(start: ContinuousClock.Instant = .now, steps: Int = 0) {
    self.start = start
    self.steps = steps
    lastStep = start
  }

  var isCheckpointed: Bool { false }

  func epochWillBegin(epoch: Int, run: any TrainingRun) { lastStep = .now }

  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
    let time = ContinuousClock.Instant.now
    stepSeconds.append(lastStep.duration(to: time) / .seconds(1))
    lastStep = time
  }

  func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) {
    let row = Epoch(
      loss: logs["loss"] ?? .nan, accuracy: logs["accuracy"] ?? .nan,
      seconds: start.duration(to: .now) / .seconds(1))
    epochs.append(row)
    print(
      "Epoch \(epoch + 1), step \(stepSeconds.count) of \(steps): "
        + "loss \(NumberText.fixed(row.loss, decimals: 4)), "
        + "accuracy \(NumberText.fixed(row.accuracy, decimals: 4)), "
        + "\(NumberText.fixed(row.seconds, decimals: 1)) s")
  }
}
