internal import PinionTensor

/// Precision, recall, F1 and support of each class, their averages, and the accuracy.
///
/// As scikit-learn's `classification_report` and `precision_recall_fscore_support` with all classes
/// as labels and `zero_division=0`.
public struct ClassificationReport: Sendable, Equatable {
  public let classNames: [String]

  /// In the order of ``classNames``.
  public let classes: [ClassScore]

  /// The unweighted mean over the classes.
  public let macroAverage: ClassScore

  /// The mean over the classes, weighted by their support.
  public let weightedAverage: ClassScore

  /// The fraction of samples predicted as their class; 0 without samples.
  public let accuracy: Double

  public init(_ matrix: ConfusionMatrix) {
    let (rows, columns) = (matrix.rowTotals, matrix.columnTotals)
    classNames = matrix.classNames
    classes = (0..<matrix.classCount).map { index in
      ClassScore(
        truePositives: matrix[true: index, predicted: index], predicted: columns[index],
        support: rows[index])
    }
    macroAverage = ClassScore(meanOf: classes, weights: classes.map { _ in 1 })
    weightedAverage = ClassScore(meanOf: classes, weights: classes.map { Double($0.support) })
    accuracy = matrix.accuracy
  }
}

extension ClassificationReport: CustomStringConvertible {
  /// The table with two decimals, scikit-learn's default.
  public var description: String { formatted() }

  /// The table as scikit-learn's `classification_report` prints it, except that control characters
  /// in class names are escaped.
  ///
  /// - Parameter digits: Decimals, clamped to 0…15. Default: 2.
  public func formatted(digits: Int = 2) -> String {
    let digits = Swift.min(Swift.max(digits, 0), 15)
    let names = classNames.map { PrintableText.escaped($0) }
    let width = names.map(\.scalarCount).reduce(
      Swift.max("weighted avg".count, digits), Swift.max)
    func line(_ heading: String, _ cells: [String]) -> String {
      heading.padded(toLeft: width) + " " + cells.map { " " + $0.padded(toLeft: 9) }.joined() + "\n"
    }
    func line(_ heading: String, _ score: ClassScore) -> String {
      let shares = [score.precision, score.recall, score.f1].map { $0.fixed(digits: digits) }
      return line(heading, shares + ["\(score.support)"])
    }
    return line("", ["precision", "recall", "f1-score", "support"]) + "\n"
      + zip(names, classes).map { line($0, $1) }.joined() + "\n"
      + line("accuracy", ["", "", accuracy.fixed(digits: digits), "\(macroAverage.support)"])
      + line("macro avg", macroAverage) + line("weighted avg", weightedAverage)
  }
}

/// The scores of one class, or their average over classes.
public struct ClassScore: Sendable, Equatable, Codable {
  /// TP / (TP + FP).
  public let precision: Double
  /// TP / (TP + FN).
  public let recall: Double
  /// The harmonic mean of precision and recall: 2·TP / (2·TP + FP + FN).
  public let f1: Double
  /// The number of samples of the class, or of all classes.
  public let support: Int

  public init(precision: Double, recall: Double, f1: Double, support: Int) {
    self.precision = precision
    self.recall = recall
    self.f1 = f1
    self.support = support
  }

  /// 0/0 is 0, as scikit-learn's `zero_division=0`.
  init(truePositives: Int, predicted: Int, support: Int) {
    func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
    self.init(
      precision: share(truePositives, predicted), recall: share(truePositives, support),
      f1: share(2 * truePositives, predicted + support), support: support)
  }

  /// The weighted mean of scores, 0 if the weights sum to 0; the support is the sum.
  init(meanOf scores: [ClassScore], weights: [Double]) {
    let whole = weights.reduce(0, +)
    func mean(_ score: KeyPath<ClassScore, Double>) -> Double {
      let sum = zip(scores, weights).reduce(0) { $0 + $1.0[keyPath: score] * $1.1 }
      return whole > 0 ? Swift.min(1, sum / whole) : 0
    }
    self.init(
      precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1),
      support: scores.reduce(0) { $0 + $1.support })
  }
}

extension Double {
  /// The number with `digits` decimals, correctly rounded, ties to even, as `%.4f` of C and Python.
  ///
  /// For numbers from 0 to 1 and up to 15 decimals, where the scaled integer is exact.
  func fixed(digits: Int) -> String {
    require(self >= 0 && self <= 1 && (0...15).contains(digits), "\(self), \(digits) digits")
    let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
    let product = self * Double(scale)
    var rounded = product.rounded(.toNearestOrEven)
    // The rounding error of the product decides apparent ties.
    let lost = (-product).addingProduct(self, Double(scale))
    if product - product.rounded(.down) == 0.5, lost != 0 {
      rounded = product.rounded(lost > 0 ? .up : .down)
    }
    let integer = Int(rounded)
    guard digits > 0 else { return String(integer) }
    let fraction = String(integer % scale)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(integer / scale).\(zeros)\(fraction)"
  }
}
