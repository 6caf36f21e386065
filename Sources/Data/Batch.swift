public import PinionTensor

/// Samples side by side, as a network takes them.
///
/// The views show a ``BatchLoader``'s memory and are valid until its next call of
/// ``BatchLoader/next()``.
public struct Batch: Sendable {
  /// The default batch size of ``BatchLoader``, `fit`, `evaluate` and `predict`: 32, as Keras 3.
  public static let defaultSize = 32

  /// Each input, (count, …shape) row-major.
  public let inputs: [MemoryView<Float>]
  /// Each target, (count, …shape) row-major.
  public let targets: [MemoryView<Float>]
  /// The samples' weights, (count,); nil for a data set without weights.
  public let weights: MemoryView<Float>?
  /// The positions in the epoch's order that the batch was read from.
  public let indices: Range<Int>
  /// The positions among ``indices`` whose samples were skipped, ascending.
  public let skipped: [Int]

  package init(
    inputs: [MemoryView<Float>], targets: [MemoryView<Float>], weights: MemoryView<Float>? = nil,
    indices: Range<Int>, skipped: [Int] = []
  ) {
    self.inputs = inputs
    self.targets = targets
    self.weights = weights
    self.indices = indices
    self.skipped = skipped
  }

  /// The number of samples. 0 if all were skipped.
  public var count: Int { indices.count - skipped.count }

  /// The only or first input, (count, …inputShape) row-major.
  public var input: MemoryView<Float> { inputs[0] }

  /// The only or first target, (count, …targetShape) row-major.
  public var target: MemoryView<Float> { targets[0] }

  /// The position in the epoch's order of the sample in a row.
  public func position(ofRow row: Int) -> Int {
    require(row >= 0 && row < count, "row \(row) of a batch of \(count)")
    var position = indices.lowerBound + row
    for skipped in skipped where skipped <= position { position += 1 }
    return position
  }
}
