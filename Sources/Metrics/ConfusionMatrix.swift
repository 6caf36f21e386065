public import PinionTensor

/// The number of samples of each true class (row) and predicted class (column).
///
/// As scikit-learn's `confusion_matrix` with all classes as labels.
public struct ConfusionMatrix: Sendable, Equatable {
  public let classNames: [String]

  /// (C, C) row-major: element t·C + p counts samples of class t predicted as p.
  public private(set) var counts: [Int]

  /// Largest number of classes, whose counts take 2 GiB.
  package static let classLimit = 16_384

  /// A matrix of zeros.
  ///
  /// Throws `ArgumentError` if there is no class, or more than 16,384.
  public init(classNames: [String]) throws(ArgumentError) {
    guard (1...Self.classLimit).contains(classNames.count) else {
      throw ArgumentError(
        place: "the class names", expected: "1 to \(Self.classLimit)", found: "\(classNames.count)")
    }
    self.classNames = classNames
    counts = [Int](repeating: 0, count: classNames.count * classNames.count)
  }

  /// A matrix of zeros, with the class indices as names.
  ///
  /// Throws `ArgumentError` if there is no class, or more than 16,384.
  public init(classes: Int) throws(ArgumentError) {
    guard (1...Self.classLimit).contains(classes) else {
      throw ArgumentError(
        place: "the number of classes", expected: "1 to \(Self.classLimit)", found: "\(classes)")
    }
    try self.init(classNames: (0..<classes).map { String($0) })
  }

  /// C.
  public var classCount: Int { classNames.count }

  /// The number of samples of class `actual` predicted as `predicted`. Traps outside the classes.
  public subscript(true actual: Int, predicted predicted: Int) -> Int {
    require(
      actual >= 0 && actual < classCount && predicted >= 0 && predicted < classCount,
      "element (\(actual), \(predicted)) of a confusion matrix of \(classCount) classes")
    return counts[actual * classCount + predicted]
  }

  /// Adds one sample. Throws `ArgumentError` if an index is not a class.
  public mutating func add(true actual: Int, predicted: Int) throws(ArgumentError) {
    try check(actual, "the true class")
    try check(predicted, "the predicted class")
    counts[actual * classCount + predicted] += 1
  }

  /// Adds the samples of a batch.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major, probabilities or logits; the first largest is the
  ///     prediction. For two classes also (N, 1), the probability or the logit of class 1, which
  ///     above the threshold is the prediction.
  ///   - targets: (N, 1) class indices, or (N, C) one-hot.
  ///   - count: N.
  ///   - threshold: Of predictions (N, 1). Default: ½, for probabilities; 0 is the threshold of
  ///     logits.
  ///
  /// Throws `ArgumentError` if the views do not have these shapes, a target is not a class, or a
  /// prediction contains NaN; then the matrix is unchanged.
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, threshold: Float = 0.5
  ) throws(ArgumentError) {
    if classCount == 2, count > 0, predictions.count == count {
      return try addBinary(predictions, targets, threshold: threshold)
    }
    let batch = try LabeledPredictions(predictions: predictions, targets: targets, count: count)
    guard count == 0 || batch.classes == classCount else {
      throw ArgumentError(
        place: "the predictions", expected: "\(classCount) classes", found: "\(batch.classes)")
    }
    var sum = self
    for row in 0..<count {
      guard let predicted = batch.predictedClass(row) else {
        throw ArgumentError(place: "prediction \(row)", expected: "numbers", found: "nan")
      }
      try sum.add(true: batch.label(row), predicted: predicted)
    }
    self = sum
  }

  private mutating func addBinary(
    _ predictions: MemoryView<Float>, _ targets: MemoryView<Float>, threshold: Float
  ) throws(ArgumentError) {
    try ArgumentError.check(
      "the number of targets", expected: predictions.count, because: "one for each prediction",
      found: targets.count)
    var sum = self
    for row in predictions.indices {
      guard !predictions[row].isNaN else {
        throw ArgumentError(place: "prediction \(row)", expected: "a number", found: "nan")
      }
      guard targets[row] == 0 || targets[row] == 1 else {
        throw ArgumentError(place: "target \(row)", expected: "0 or 1", found: "\(targets[row])")
      }
      try sum.add(true: targets[row] == 1 ? 1 : 0, predicted: predictions[row] > threshold ? 1 : 0)
    }
    self = sum
  }

  private func check(_ index: Int, _ place: String) throws(ArgumentError) {
    guard index < 0 || index >= classCount else { return }
    throw ArgumentError(
      place: place, expected: "an index in 0...\(classCount - 1)", found: "\(index)")
  }
}

extension ConfusionMatrix {
  /// The number of samples of each class.
  public var rowTotals: [Int] {
    (0..<classCount).map { row in
      (0..<classCount).reduce(0) { $0 + self[true: row, predicted: $1] }
    }
  }

  /// The number of predictions of each class.
  public var columnTotals: [Int] {
    (0..<classCount).map { column in
      (0..<classCount).reduce(0) { $0 + self[true: $1, predicted: column] }
    }
  }

  /// The number of samples.
  public var total: Int { counts.reduce(0, +) }

  /// The number of correctly predicted samples: the sum of the diagonal.
  public var correct: Int { (0..<classCount).reduce(0) { $0 + self[true: $1, predicted: $1] } }

  /// From 0 to 1; 0 without samples.
  public var accuracy: Double { total > 0 ? Double(correct) / Double(total) : 0 }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// A table with a row for each true class and a column for each predicted class.
  ///
  /// ```
  /// true \ predicted    0    1
  /// 0 Trouser         981   19
  /// 1 Dress            42  958
  /// ```
  public var description: String {
    let corner = "true \\ predicted"
    let indexWidth = String(classCount - 1).count
    let headings = classNames.enumerated().map { index, name in
      "\(String(index).padded(toLeft: indexWidth)) \(PrintableText.escaped(name))"
    }
    let headingWidth = headings.map(\.scalarCount).reduce(corner.scalarCount, max)
    let cellWidth = counts.map { String($0).count }.reduce(indexWidth, max) + 2
    func line(_ heading: String, _ cells: some Sequence<Int>) -> String {
      heading.padded(toRight: headingWidth)
        + cells.map { String($0).padded(toLeft: cellWidth) }.joined() + "\n"
    }
    return line(corner, 0..<classCount)
      + headings.enumerated().map { row, heading in
        line(heading, (0..<classCount).lazy.map { self[true: row, predicted: $0] })
      }.joined()
  }
}

extension String {
  /// The length of a string in Python.
  var scalarCount: Int { unicodeScalars.count }

  func padded(toLeft width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - scalarCount)) + self
  }

  func padded(toRight width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - scalarCount))
  }
}
