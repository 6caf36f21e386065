public import PinionTensor

/// A source of samples: for each index, inputs, targets and optionally a weight, which it copies
/// out as floats.
///
/// Most data sets have one input and one target and implement ``inputShape``, ``targetShape``,
/// ``copyInput(at:into:)`` and ``copyTarget(at:into:)``. A target of shape `(1,)` is a class index
/// or a regression target; one of shape `(C,)` holds a value for each of C classes, such as a
/// one-hot vector. Weighted data sets add ``hasWeights`` and ``weight(at:)``. Data sets with
/// several inputs or targets add ``inputShapes``, ``targetShapes`` and
/// ``copySample(at:epoch:into:scratch:)``:
/// ```swift
/// struct Scenes: Dataset {
///   let count = 100
///   let inputShape: Shape = [32, 32, 3]
///   let targetShape: Shape = [1]
///   var inputShapes: [Shape] { [inputShape, [2]] }
///
///   func copySample(
///     at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
///   ) throws {
///     try copyInput(at: index, into: sample.input)
///     sample.inputs[1].copy(from: position(at: index))
///     try copyTarget(at: index, into: sample.target)
///   }
/// }
/// ```
/// Several threads copy samples at the same time, so a sample depends on its index and the epoch
/// alone. A function that throws leaves its views with undefined contents; ``BatchLoader`` then
/// throws a ``SampleError`` or skips the sample, as its ``ReadFailurePolicy`` says.
public protocol Dataset: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// The shape of the input, or of the first of several, without the batch axis: (H, W, C) for
  /// images.
  var inputShape: Shape { get }

  /// The shape of the target, or of the first of several, without the batch axis.
  var targetShape: Shape { get }

  /// The shapes of all inputs. Default: ``inputShape`` alone.
  var inputShapes: [Shape] { get }

  /// The shapes of all targets. Default: ``targetShape`` alone.
  var targetShapes: [Shape] { get }

  /// Whether samples have weights, by which their losses are multiplied. Default: false.
  var hasWeights: Bool { get }

  /// The classes' names in the order of their indices. Default: nil, for data without named
  /// classes.
  var classNames: [String]? { get }

  /// The range of the input's values, such as 0…1 for images made of bytes. Default: nil, unknown.
  var valueRange: ClosedRange<Float>? { get }

  /// Writes the input, or the first of several, of the sample at `index` into `view`, row-major.
  ///
  /// - Precondition: `index` lies in `0..<count` and `view` holds `inputShape.elementCount` floats.
  func copyInput(at index: Int, into view: MemoryView<Float>) throws

  /// Writes the target, or the first of several, of the sample at `index` into `view`, row-major.
  ///
  /// - Precondition: `index` lies in `0..<count` and `view` holds `targetShape.elementCount`
  ///   floats.
  func copyTarget(at index: Int, into view: MemoryView<Float>) throws

  /// The weight of the sample at `index`: finite, at least 0. Default: 1.
  func weight(at index: Int) throws -> Float

  /// Where the sample at `index` comes from, such as the path of a file, for error messages.
  /// Default: nil, unknown.
  func source(of index: Int) -> String?

  /// Begins to read the sample at `index` into memory, without waiting; it is copied soon. Called
  /// by any thread. Default: does nothing.
  func prefetch(at index: Int)

  /// Number of floats of scratch memory that ``copySample(at:epoch:into:scratch:)`` needs.
  /// Default: 0.
  var scratchCount: Int { get }

  /// Writes the whole sample at `index`: inputs, targets and weight.
  ///
  /// In an epoch of training the sample may be changed at random, as a function of `index` and
  /// `epoch`. A data set that wraps another one calls that one's `copySample` on the same thread:
  /// random changes are made there, and `MixUp` and `CutMix` find their partners by that call.
  /// Default: ``copyInput(at:into:)``, ``copyTarget(at:into:)`` and ``weight(at:)``, for one input
  /// and one target.
  ///
  /// - Parameters:
  ///   - epoch: The epoch, or nil outside training, for the sample without random changes.
  ///   - sample: Memory for the parts, of the shapes ``inputShapes`` and ``targetShapes``.
  ///   - scratch: ``scratchCount`` floats with undefined contents.
  func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>) throws
}

extension Dataset {
  public var inputShapes: [Shape] { [inputShape] }
  public var targetShapes: [Shape] { [targetShape] }
  public var hasWeights: Bool { false }
  public var classNames: [String]? { nil }
  public var valueRange: ClosedRange<Float>? { nil }
  public var scratchCount: Int { 0 }

  public func weight(at index: Int) throws -> Float { 1 }
  public func source(of index: Int) -> String? { nil }
  public func prefetch(at index: Int) {}

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    require(
      sample.inputs.count == 1 && sample.targets.count == 1,
      "a data set with several inputs or targets implements copySample")
    try copyInput(at: index, into: sample.input)
    try copyTarget(at: index, into: sample.target)
    if sample.hasWeight { sample.weight = try weight(at: index) }
  }
}

extension Dataset {
  /// Throws unless samples have one input and one target, which is all that `operation` handles.
  package func requireSingleInputAndTarget(
    for operation: String
  ) throws(ArgumentError) {
    let (inputs, targets) = (inputShapes.count, targetShapes.count)
    guard inputs != 1 || targets != 1 else { return }
    throw ArgumentError(
      place: "the samples for \(operation)", expected: "one input and one target",
      found: "\(inputs) and \(targets)")
  }
}

extension Dataset {
  /// The number of samples of each class, by class index; nil unless there is one target and every
  /// one is a class index or one-hot.
  ///
  /// The array has an element for each of ``classNames`` or of a one-hot target, otherwise for each
  /// index up to the largest that occurs. Reads all targets.
  public func classCounts() throws -> [Int]? {
    guard let labels = try classLabels() else { return nil }
    let classes = classNames?.count ?? (targetShape.elementCount > 1 ? targetShape[0] : 0)
    var counts = [Int](repeating: 0, count: max(classes, (labels.max() ?? -1) + 1))
    for label in labels { counts[label] += 1 }
    return counts
  }

  /// The class of each sample; nil unless there is one target and every one is a class index or
  /// one-hot.
  func classLabels() throws(SampleError) -> [Int]? {
    // Bounds the memory for one count per class.
    let limit = 1 << 20
    guard targetShapes.count == 1, targetShape.rank == 1, (1...limit).contains(targetShape[0])
    else { return nil }
    let target = AlignedBuffer(count: targetShape[0])
    defer { withExtendedLifetime(target) {} }
    let values = target.view
    var labels: [Int] = []
    labels.reserveCapacity(count)
    for index in 0..<count {
      try reading(index) { try copyTarget(at: index, into: values) }
      if values.count == 1 {
        guard let label = Int(exactly: values[0]), (0..<limit).contains(label) else { return nil }
        labels.append(label)
      } else {
        guard let label = values.indices.first(where: { values[$0] == 1 }),
          values.indices.allSatisfy({ $0 == label || values[$0] == 0 })
        else { return nil }
        labels.append(label)
      }
    }
    return labels
  }
}
