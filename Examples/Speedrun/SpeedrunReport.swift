internal import ExampleSupport
internal import Pinion
internal import PinionTensor

/// The results of a run as JSON.
struct SpeedrunReport: ResultsFile {
  struct Test: Encodable {
    /// Of six views of each image; nil if not evaluated.
    let accuracy: Double?
    let singleViewAccuracy, singleViewLoss: Double?
  }

  let dataset = "cifar10"
  /// Of the concatenated files of the data set.
  let datasetSHA256: String
  let model = "speedrun"
  let trainableParameters: Int
  let settings: SpeedrunRecipe
  let images: Int
  /// One for each epoch.
  let history: [SpeedrunMeter.Epoch]
  let test: Test
  /// From the start of the whitening to the end of training, with the data in memory.
  let trainSeconds: Double
  /// Of ``trainSeconds``.
  let whiteningSeconds: Double
  let stepSeconds: [Double]
  let evaluateSeconds: Double
  let trainImagesPerSecond: Double
  let seed: UInt64
  let threads: Int
  let provenance: RunProvenance
  let peakMemoryBytes: Int
  /// Of the trainable parameters in memory order.
  let weightsSHA256: String

  init(_ run: Speedrun, _ model: Model, images: Int, datasetSHA256: String) throws {
    self.datasetSHA256 = datasetSHA256
    self.images = images
    trainableParameters = model.graph.parameterCounts.trainable
    settings = run.recipe
    history = run.meter.epochs
    test = Test(
      accuracy: run.accuracy, singleViewAccuracy: run.singleViewAccuracy,
      singleViewLoss: run.singleViewLoss)
    (trainSeconds, whiteningSeconds) = (run.trainSeconds, run.whiteningSeconds)
    (evaluateSeconds, stepSeconds) = (run.evaluateSeconds, run.meter.stepSeconds)
    trainImagesPerSecond = run.imagesPerSecond
    (seed, threads) = (run.seed, model.pool.threadCount)
    provenance = Experiment.provenance()
    peakMemoryBytes = PeakMemory.bytes
    weightsSHA256 = try Digest.sha256(of: model.weights.trainable)
  }
}
