public import PinionLayers
public import PinionMetrics
public import PinionTensor

/// A loss as a metric: Σ w·l / Σ w over the samples, w being 1 without weights.
///
/// ```swift
/// metrics: [LossMetric(.meanAbsoluteError), RootMeanSquaredError()]
/// ```
/// The loss gets what the network puts out: probabilities, which it clips, where it would start
/// from logits in training.
public struct LossMetric<Measured: Loss>: WeightedMetric, Equatable, Codable {
  public let loss: Measured
  public let name: String
  private var mean = RunningMean()

  /// - Parameter name: Default: the loss's in Keras's spelling, such as `mean_absolute_error`.
  public init(_ loss: Measured, name: String? = nil) {
    self.loss = loss
    self.name = name ?? Measured.logName
  }

  public var higherIsBetter: Bool { false }

  /// 0 without samples.
  public var value: Double { mean.value }

  public mutating func reset() { mean = RunningMean() }

  public func validate(output: Shape, target: Shape) throws {
    try loss.validate(output: output, target: target)
  }

  public mutating func add(_ batch: MetricBatch) {
    let losses = AlignedBuffer(count: batch.count)
    loss.evaluate(
      LossContext(
        outputs: batch.predictions, targets: batch.targets, areLogits: false,
        losses: losses.view, gradients: nil, gradientScale: 1, classes: batch.classes,
        outputShape: batch.outputShape))
    for sample in 0..<batch.count {
      mean.add(
        Double(losses.view[sample]), weight: batch.weights.map { Double($0[sample]) } ?? 1)
    }
  }
}
