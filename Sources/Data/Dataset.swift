public import PinionTensor

/// Samples to learn from: for each index an input and a target, copied out as floats.
///
/// A target of shape `(1,)` is a class index as a float or a single value to regress on; one of shape
/// `(C,)` holds a value for each of C classes, such as a one-hot vector. Several threads copy samples at
/// the same time, so a sample must depend on its index alone.
public protocol Dataset: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// The shape of one input, without the batch axis: (H, W, C) for images.
  var inputShape: Shape { get }

  /// The shape of one target, without the batch axis.
  var targetShape: Shape { get }

  /// The classes' names in the order of their indices. Default: nil, for data without named classes.
  var classNames: [String]? { get }

  /// The range that inputs' values are declared to lie in, such as 0…1 for images made of bytes. Default: nil, for not known.
  var valueRange: ClosedRange<Float>? { get }

  /// Writes the input of the sample at `index` into `view`, row-major.
  ///
  /// - Precondition: `index` lies in `0..<count` and `view` holds `inputShape.elementCount` floats.
  func copyInput(at index: Int, into view: MemoryView<Float>)

  /// Writes the target of the sample at `index` into `view`, row-major.
  ///
  /// - Precondition: `index` lies in `0..<count` and `view` holds `targetShape.elementCount` floats.
  func copyTarget(at index: Int, into view: MemoryView<Float>)

  /// How many floats of scratch memory ``copySample(at:epoch:input:target:scratch:)`` needs. Default: none.
  var scratchCount: Int { get }

  /// Writes the sample at `index` as training sees it in an epoch, such as with random changes. Default: as
  /// it always is.
  ///
  /// What is written must depend on the index and the epoch alone. A data set that has its samples from another one asks that
  /// one by this function too, on the same thread: it is then that random changes are made, and that `MixUp` and `CutMix` find out
  /// which samples are trained on.
  ///
  /// - Precondition: As for the other two, and `scratch` holds ``scratchCount`` floats, of any contents.
  func copySample(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>)
}

extension Dataset {
  /// No names.
  public var classNames: [String]? { nil }

  /// Not known.
  public var valueRange: ClosedRange<Float>? { nil }

  /// None.
  public var scratchCount: Int { 0 }

  /// The sample as it always is.
  public func copySample(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    copyInput(at: index, into: input)
    copyTarget(at: index, into: target)
  }
}

extension Dataset {
  /// The number of samples of each class, by the classes' indices; nil unless every target is a class index or one-hot.
  ///
  /// As many numbers as there are ``classNames`` or elements of a one-hot target, else up to the largest index that occurs. Reads all
  /// targets.
  public func classCounts() -> [Int]? {
    guard let labels = classLabels() else { return nil }
    let classes = classNames?.count ?? (targetShape.elementCount > 1 ? targetShape[0] : 0)
    var counts = [Int](repeating: 0, count: max(classes, (labels.max() ?? -1) + 1))
    for label in labels { counts[label] += 1 }
    return counts
  }

  /// The class of each sample; nil unless every target is a class index or one-hot.
  func classLabels() -> [Int]? {
    // No more classes than that, so that a count of each fits into memory.
    let limit = 1 << 20
    guard targetShape.rank == 1, (1...limit).contains(targetShape[0]) else { return nil }
    let target = AlignedBuffer(count: targetShape[0])
    let values = target.view
    var labels: [Int] = []
    labels.reserveCapacity(count)
    for index in 0..<count {
      copyTarget(at: index, into: values)
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
    withExtendedLifetime(target) {}
    return labels
  }
}
