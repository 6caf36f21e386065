public import PinionTensor

/// A data set made of another one's samples, which forwards to it what a type does not implement.
///
/// ```swift
/// /// The samples in reverse order.
/// struct Reversed: WrappingDataset {
///   let base: any Dataset
///
///   func baseIndex(of index: Int) -> Int { base.count - 1 - index }
/// }
/// ```
/// A type that changes samples implements ``Dataset/copyInput(at:into:)`` or
/// ``Dataset/copyTarget(at:into:)`` for samples outside training,
/// ``Dataset/copySample(at:epoch:into:scratch:)``, and ``Dataset/valueRange`` if the values of its
/// inputs lie in another range; nil where it is not known.
public protocol WrappingDataset: Dataset {
  /// The data set whose samples these are.
  var base: any Dataset { get }

  /// The index in ``base`` of the sample at `index`, which lies in `0..<count`. Default: the same.
  func baseIndex(of index: Int) -> Int
}

extension WrappingDataset {
  public func baseIndex(of index: Int) -> Int { index }

  public var count: Int { base.count }
  public var inputShape: Shape { base.inputShape }
  public var targetShape: Shape { base.targetShape }
  public var inputShapes: [Shape] { base.inputShapes }
  public var targetShapes: [Shape] { base.targetShapes }
  public var hasWeights: Bool { base.hasWeights }
  public var classNames: [String]? { base.classNames }
  public var valueRange: ClosedRange<Float>? { base.valueRange }
  public var scratchCount: Int { base.scratchCount }

  public func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    try base.copyInput(at: baseIndex(of: index), into: view)
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) throws {
    try base.copyTarget(at: baseIndex(of: index), into: view)
  }

  public func weight(at index: Int) throws -> Float { try base.weight(at: baseIndex(of: index)) }

  public func source(of index: Int) -> String? { base.source(of: baseIndex(of: index)) }

  public func prefetch(at index: Int) { base.prefetch(at: baseIndex(of: index)) }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    // Outside a loader, partners to mix with come from this data set.
    try SampleContext.run(or: self) { _ in
      try base.copySample(
        at: baseIndex(of: index), epoch: epoch, into: sample, scratch: scratch)
    }
  }
}
