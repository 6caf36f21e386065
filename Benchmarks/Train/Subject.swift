import ExampleNetworks
import Pinion

/// A network to measure, as the examples train it: Adam, cross-entropy, accuracy.
final class Subject {
  let model: Model
  private let batch: Int
  private let threads: Int
  private let training: ImageDataset
  /// Some batches to predict, (N, H, W, C).
  private let inputs: Tensor
  private let oneInput: Tensor

  /// A network of the report.
  convenience init(_ network: ReportNetwork, batch: Int, threads: Int, images: Int) throws {
    try self.init(network.definition, batch: batch, threads: threads, images: images)
  }

  /// A network with first weights, and `images` images of noise with labels at random.
  init(_ definition: Sequential, batch: Int, threads: Int, images: Int) throws {
    model = try Model(definition, loss: .categoricalCrossEntropy, threads: threads)
    self.batch = batch
    self.threads = threads
    let shape = definition.graph.inputShape
    training = try Noise.images(
      count: images, shape: shape, classes: definition.graph.outputShape.elementCount)
    inputs = Tensor.uniform(
      shape: shape.prepending(batch * max(1, 1_000 / batch)),
      from: RandomStream(seed: 0, purpose: "prediction"))
    oneInput = Tensor.uniform(
      shape: shape.prepending(1), from: RandomStream(seed: 0, purpose: "latency"))
  }

  /// Images a second that `fit` takes, from the third batch on.
  func trainingRate(seconds: Double) throws -> Double {
    let timer = BurstTimer(seconds: seconds)
    try model.fit(training, epochs: .max, batchSize: batch, callbacks: [timer], verbose: false)
    return timer.imagesPerSecond
  }

  /// Images a second that a predictor takes, after a first call.
  func predictionRate(seconds: Double) throws -> Double {
    let predictor = try Predictor(model, threads: threads)
    let times = try time(seconds: seconds) { _ = try predictor.predict(inputs, batchSize: batch) }
    return Double(inputs.shape[0] * times.count) / (times.reduce(0, +) / 1e6)
  }

  /// Microseconds of each prediction of one image, after some at first.
  func latencies(threads: Int, seconds: Double) throws -> [Double] {
    let predictor = try Predictor(model, threads: threads)
    for _ in 0..<10 { _ = try predictor.predict(oneInput) }
    return try time(seconds: seconds) { _ = try predictor.predict(oneInput) }
  }

  /// Microseconds of each of as many calls as fill the time, after one that is not counted.
  private func time(seconds: Double, _ body: () throws -> Void) rethrows -> [Double] {
    try body()
    var times: [Double] = []
    let start = ContinuousClock.now
    var last = start
    repeat {
      try body()
      let now = ContinuousClock.now
      times.append(last.duration(to: now) / .microseconds(1))
      last = now
    } while start.duration(to: last) < .seconds(seconds)
    return times
  }
}
