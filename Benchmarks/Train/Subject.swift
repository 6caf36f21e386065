import BenchmarkNetworks
import Pinion

/// A network to measure, trained as in the examples: Adam, cross-entropy, accuracy.
final class Subject {
  let model: Model
  private let batch: Int
  private let threads: Int
  private let training: ImageDataset
  /// Several batches to predict, (N, height, width, channels).
  private let inputs: Tensor
  private let oneInput: Tensor

  convenience init(_ network: BenchmarkNetwork, batch: Int, threads: Int, images: Int) throws {
    try self.init(network.graph, batch: batch, threads: threads, images: images)
  }

  /// A network with initial weights, and `images` random images with random labels.
  init(_ graph: Graph, batch: Int, threads: Int, images: Int) throws {
    model = try Model(graph, loss: .categoricalCrossEntropy, threads: threads)
    self.batch = batch
    self.threads = threads
    let shape = graph.inputShape
    training = try Noise.images(
      count: images, shape: shape, classes: graph.outputShape.elementCount)
    inputs = Tensor.uniform(
      shape: shape.prepending(batch * max(1, 1_000 / batch)),
      from: RandomStream(seed: 0, purpose: "prediction"))
    oneInput = Tensor.uniform(
      shape: shape.prepending(1), from: RandomStream(seed: 0, purpose: "latency"))
  }

  /// Images per second in `fit`, from the third batch on.
  func trainingRate(seconds: Double) throws -> Double {
    let timer = BurstTimer(seconds: seconds)
    try model.fit(training, epochs: .max, batchSize: batch, callbacks: [timer], verbose: false)
    return timer.imagesPerSecond
  }

  /// Images per second of a predictor, after one call as a warm-up.
  func predictionRate(seconds: Double) throws -> Double {
    let predictor = try Predictor(model, threads: threads)
    let times = try time(seconds: seconds) { _ = try predictor.predict(inputs, batchSize: batch) }
    return Double(inputs.shape[0] * times.count) / (times.reduce(0, +) / 1e6)
  }

  /// Microseconds per prediction of one image, after ten calls as a warm-up.
  func latencies(threads: Int, seconds: Double) throws -> [Double] {
    let predictor = try Predictor(model, threads: threads)
    for _ in 0..<10 { _ = try predictor.predict(oneInput) }
    return try time(seconds: seconds) { _ = try predictor.predict(oneInput) }
  }

  /// Microseconds per call, for as many calls as fit into the time, after one call as a warm-up.
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

/// Interrupts training after some time and measures images per second.
///
/// The first two batches are not counted, because they allocate memory.
final class BurstTimer: Callback {
  private static let uncounted = 2

  private let limit: Duration
  private var batches = 0
  private var images = 0
  private var start = ContinuousClock.now
  private var elapsed = Duration.zero

  init(seconds: Double) { limit = .seconds(seconds) }

  var imagesPerSecond: Double { Double(images) / (elapsed / .seconds(1)) }

  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
    batches += 1
    guard batches > Self.uncounted else {
      start = .now
      return
    }
    images += min(run.batchSize, run.sampleCount - batch * run.batchSize)
    elapsed = start.duration(to: .now)
    if elapsed >= limit { run.interrupt() }
  }
}

/// Random images, so that no data set is needed.
enum Noise {
  /// Uniformly distributed bytes as images of shape (height, width, channels), with random one-hot
  /// classes.
  static func images(count: Int, shape: Shape, classes: Int) throws -> ImageDataset {
    let stream = RandomStream(seed: 0, purpose: "images")
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count * shape.elementCount + 16)
    while pixels.count < count * shape.elementCount {
      let words = stream.bits(at: UInt64(pixels.count / 16))
      for lane in 0..<4 {
        withUnsafeBytes(of: words[lane]) { pixels.append(contentsOf: $0) }
      }
    }
    pixels.removeLast(pixels.count - count * shape.elementCount)
    let labels = RandomStream(seed: 0, purpose: "labels")
    return try ImageDataset(
      pixels: pixels, imageShape: shape,
      labels: (0..<count).map { Int(labels.bits(at: UInt64($0))[0] % UInt32(classes)) },
      classNames: (0..<classes).map { "\($0)" }, encoding: .oneHot)
  }
}
