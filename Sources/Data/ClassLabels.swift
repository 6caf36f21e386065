internal import PinionTensor

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
