public import PinionTensor

/// Some samples side by side, as a network takes them.
///
/// The views show a ``BatchLoader``'s memory and are valid until its next call of ``BatchLoader/next()``.
public struct Batch: Sendable {
  /// The inputs, (count, …inputShape) row-major.
  public let inputs: MemoryView<Float>
  /// The targets, (count, …targetShape) row-major.
  public let targets: MemoryView<Float>
  /// Which samples of the epoch these are, counted in the epoch's order.
  public let indices: Range<Int>

  /// The number of samples.
  public var count: Int { indices.count }
}
