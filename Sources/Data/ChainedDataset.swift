public import PinionTensor

/// The samples of several data sets, one after the other.
public struct ChainedDataset: Dataset {
  private let parts: [any Dataset]
  /// The index of each part's first sample, then ``count``.
  private let starts: [Int]

  public let inputShapes: [Shape]
  public let targetShapes: [Shape]
  public let hasWeights: Bool
  public let classNames: [String]?
  public let scratchCount: Int

  /// The parts' range, if they agree.
  public let valueRange: ClosedRange<Float>?

  /// Chains data sets of equal shapes and class names.
  ///
  /// Samples of parts without weights have the weight 1 if others have some. Augment the chain, not
  /// its parts, by `MixUp` or `CutMix`: their partners are drawn from all samples of training.
  ///
  /// Throws `ArgumentError` if there is no data set, or one has other shapes or class names than
  /// the first.
  public init(_ parts: [any Dataset]) throws(ArgumentError) {
    guard let first = parts.first else {
      throw ArgumentError(
        place: "the data sets to chain", expected: "at least one", found: "none")
    }
    (inputShapes, targetShapes) = (first.inputShapes, first.targetShapes)
    classNames = first.classNames
    var starts = [0]
    for (number, part) in parts.enumerated() {
      func check<Value: Equatable>(
        _ name: String, _ expected: Value, _ found: Value
      ) throws(ArgumentError) {
        guard expected != found else { return }
        throw ArgumentError(
          place: "the \(name) of chained data set \(number)",
          expected: "\(expected), as of the first", found: "\(found)")
      }
      try check("input shapes", inputShapes, part.inputShapes)
      try check("target shapes", targetShapes, part.targetShapes)
      try check("class names", classNames ?? [], part.classNames ?? [])
      let (end, overflow) = starts[number].addingReportingOverflow(part.count)
      guard !overflow else {
        throw ArgumentError(
          place: "the data sets to chain", expected: "a countable number of samples",
          found: "\(part.count) more than \(starts[number])")
      }
      starts.append(end)
    }
    self.parts = parts
    self.starts = starts
    hasWeights = parts.contains { $0.hasWeights }
    scratchCount = parts.map(\.scratchCount).max() ?? 0
    let range = first.valueRange
    valueRange = parts.allSatisfy { $0.valueRange == range } ? range : nil
  }

  public var count: Int { starts[parts.count] }
  public var inputShape: Shape { inputShapes[0] }
  public var targetShape: Shape { targetShapes[0] }

  public func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    let (part, rest) = place(of: index)
    try part.copyInput(at: rest, into: view)
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) throws {
    let (part, rest) = place(of: index)
    try part.copyTarget(at: rest, into: view)
  }

  public func weight(at index: Int) throws -> Float {
    let (part, rest) = place(of: index)
    return part.hasWeights ? try part.weight(at: rest) : 1
  }

  public func source(of index: Int) -> String? {
    let (part, rest) = place(of: index)
    return part.source(of: rest)
  }

  public func prefetch(at index: Int) {
    let (part, rest) = place(of: index)
    part.prefetch(at: rest)
  }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    let (part, rest) = place(of: index)
    if sample.hasWeight { sample.weight = 1 }
    let scratch = scratch[0..<part.scratchCount]
    // Outside a loader, partners to mix with come from this chain.
    try SampleContext.run(or: self) { _ in
      try part.copySample(at: rest, epoch: epoch, into: sample, scratch: scratch)
    }
  }

  private func place(of index: Int) -> (part: any Dataset, index: Int) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    var (low, high) = (0, parts.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      // Of a part without samples and the next, which start together, the later one.
      if starts[middle] <= index { low = middle } else { high = middle - 1 }
    }
    return (parts[low], index - starts[low])
  }
}

/// The samples of a data set several times over, as TensorFlow's `repeat`.
///
/// Random changes differ between repetitions: repetition r of n in epoch e has those of the epoch
/// n·e + r.
public struct RepeatedDataset: WrappingDataset {
  public let base: any Dataset
  private let repetitions: Int

  /// Throws `ArgumentError` unless the number of repetitions is positive and that of samples
  /// countable.
  init(_ base: any Dataset, _ repetitions: Int) throws(ArgumentError) {
    guard repetitions > 0, !base.count.multipliedReportingOverflow(by: repetitions).overflow else {
      throw ArgumentError(
        place: "the number of repetitions",
        expected: "at least 1, and a countable number of samples", found: "\(repetitions)")
    }
    self.base = base
    self.repetitions = repetitions
  }

  public var count: Int { base.count * repetitions }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    let (repetition, index) = place(of: index)
    let epoch = epoch.map { $0 &* repetitions &+ repetition }
    try SampleContext.run(or: self) { _ in
      try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
    }
  }

  public func baseIndex(of index: Int) -> Int { place(of: index).index }

  private func place(of index: Int) -> (repetition: Int, index: Int) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    return (index / base.count, index % base.count)
  }
}

extension Dataset {
  /// The samples of this data set, then those of others of equal shapes and class names.
  ///
  /// As ``ChainedDataset/init(_:)``, which it throws as.
  public func chained(with others: any Dataset...) throws(ArgumentError) -> ChainedDataset {
    try ChainedDataset([self] + others)
  }

  /// The samples `repetitions` times over, with different random changes each time.
  ///
  /// Throws `ArgumentError` unless the number is positive and that of samples countable.
  public func repeated(_ repetitions: Int) throws(ArgumentError) -> RepeatedDataset {
    try RepeatedDataset(self, repetitions)
  }
}
