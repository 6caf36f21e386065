public import PinionTensor

/// How the losses of a batch become the number that training minimizes.
public enum LossReduction: String, Sendable, Codable {
  /// Σ w·l / N over the N samples, also with weights w: Keras's `sum_over_batch_size`.
  case mean
  /// Σ w·l over the samples and the positions of each, which are all axes of an output but the
  /// last: Keras's `sum`.
  case sum
}

/// A loss whose batches are summed instead of averaged, as Keras's `reduction="sum"`.
///
/// ```swift
/// let model = try Model(network, loss: .sum(.meanSquaredError))
/// ```
/// Gradients grow with the size of the batch, the last, smaller batch has smaller ones, and logs
/// hold the mean over batches of their sums, each weighted by its number of samples.
public struct SummedLoss: Loss {
  @Configured public private(set) var base: any Loss

  public init(_ base: any Loss) { _base = Configured(wrappedValue: base) }

  public var reduction: LossReduction { .sum }
  public var logitsLink: LogitsLink? { base.logitsLink }
  public var takesLogits: Bool { base.takesLogits }
  public var comparesClasses: Bool { base.comparesClasses }
  public var isBinary: Bool { base.isBinary }
  public var targetRange: ClosedRange<Float>? { base.targetRange }

  public func validate(output: Shape, target: Shape) throws {
    try base.validate(output: output, target: target)
  }

  public func evaluate(_ context: LossContext) { base.evaluate(context) }
}

extension Loss where Self == SummedLoss {
  /// A loss whose batches are summed instead of averaged.
  public static func sum(_ loss: some Loss) -> SummedLoss { SummedLoss(loss) }
}
