public import PinionTensor

/// How often samples of each class were predicted to be of each class: rows are true classes, columns predicted ones.
///
/// As scikit-learn's `confusion_matrix` with all classes as labels.
public struct ConfusionMatrix: Sendable, Equatable {
  /// The classes' names in the order of their indices.
  public let classNames: [String]

  /// The counts, (C, C) row-major: element t·C + p counts samples of class t predicted as p.
  public private(set) var counts: [Int]

  /// The most classes that a matrix has room for; their counts take 2 GiB.
  package static let classLimit = 16_384

  /// A matrix of zeros for named classes.
  ///
  /// Throws ``MetricError`` if there is no class, or more than 16,384.
  public init(classNames: [String]) throws(MetricError) {
    guard (1...Self.classLimit).contains(classNames.count) else {
      throw MetricError(
        place: "the class names", expected: "1 to \(Self.classLimit)", found: "\(classNames.count)")
    }
    self.classNames = classNames
    counts = [Int](repeating: 0, count: classNames.count * classNames.count)
  }

  /// A matrix of zeros for `classes` classes, named by their indices.
  ///
  /// Throws ``MetricError`` if there is no class, or more than 16,384.
  public init(classes: Int) throws(MetricError) {
    guard (1...Self.classLimit).contains(classes) else {
      throw MetricError(
        place: "the number of classes", expected: "1 to \(Self.classLimit)", found: "\(classes)")
    }
    try self.init(classNames: (0..<classes).map { String($0) })
  }

  /// The number of classes, C.
  public var classCount: Int { classNames.count }

  /// The number of samples of one class that were predicted as another or the same; traps if either is no class.
  public subscript(true actual: Int, predicted predicted: Int) -> Int {
    require(
      actual >= 0 && actual < classCount && predicted >= 0 && predicted < classCount,
      "element (\(actual), \(predicted)) of a confusion matrix of \(classCount) classes")
    return counts[actual * classCount + predicted]
  }

  /// Counts one sample.
  ///
  /// Throws ``MetricError`` if either index is no class.
  public mutating func add(true actual: Int, predicted: Int) throws(MetricError) {
    try check(actual, "the true class")
    try check(predicted, "the predicted class")
    counts[actual * classCount + predicted] += 1
  }

  /// Counts the samples of a batch.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major, probabilities or logits; the first largest is the predicted class.
  ///   - targets: (N, 1) class indices, or (N, C) one-hot.
  ///   - count: N.
  ///
  /// Throws ``MetricError`` if the views are not of these shapes, a target names no class, or a prediction holds a NaN and so
  /// belongs in no column; then no sample counts.
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws(MetricError) {
    let batch = try LabelledPredictions(predictions: predictions, targets: targets, count: count)
    guard count == 0 || batch.classes == classCount else {
      throw MetricError(
        place: "the predictions", expected: "\(classCount) classes", found: "\(batch.classes)")
    }
    var sum = self
    for row in 0..<count {
      guard let predicted = batch.predictedClass(row) else {
        throw MetricError(place: "prediction \(row)", expected: "numbers", found: "nan")
      }
      try sum.add(true: batch.label(row), predicted: predicted)
    }
    self = sum
  }

  private func check(_ index: Int, _ place: String) throws(MetricError) {
    guard index < 0 || index >= classCount else { return }
    throw MetricError(
      place: place, expected: "an index in 0...\(classCount - 1)", found: "\(index)")
  }
}
