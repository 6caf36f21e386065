internal import PinionTensor

/// Precision, recall, F1 and support of each class, their averages, and the accuracy.
///
/// As scikit-learn's `classification_report` and `precision_recall_fscore_support` with all classes as labels and
/// `zero_division=0`.
public struct ClassificationReport: Sendable, Equatable {
  /// The classes' names in the order of their indices.
  public let classNames: [String]

  /// Each class's scores, in the same order.
  public let classes: [ClassScore]

  /// The plain mean over the classes.
  public let macroAverage: ClassScore

  /// The mean over the classes, weighted by their support.
  public let weightedAverage: ClassScore

  /// The share of correct samples.
  public let accuracy: Double

  /// The scores that follow from a confusion matrix.
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
  /// The table with two digits, scikit-learn's default.
  public var description: String { formatted() }

  /// The table, character for character as scikit-learn's `classification_report` prints it, but for control characters in
  /// the classes' names, which are escaped.
  ///
  /// - Parameter digits: Digits behind the point, 0 to 15; others count as the nearest of these. Default: 2.
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

/// How well one class, or the classes on average, were recognised.
public struct ClassScore: Sendable, Equatable, Codable {
  /// Of the samples predicted as the class, the share that are: TP / (TP + FP).
  public let precision: Double
  /// Of the samples of the class, the share predicted as it: TP / (TP + FN).
  public let recall: Double
  /// The harmonic mean of the two: 2·TP / (2·TP + FP + FN).
  public let f1: Double
  /// The number of samples of the class, or of all.
  public let support: Int

  /// Scores as they are.
  public init(precision: Double, recall: Double, f1: Double, support: Int) {
    self.precision = precision
    self.recall = recall
    self.f1 = f1
    self.support = support
  }

  /// The scores of a class; a share of nothing is 0, as scikit-learn's `zero_division=0`.
  init(truePositives: Int, predicted: Int, support: Int) {
    func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
    self.init(
      precision: share(truePositives, predicted), recall: share(truePositives, support),
      f1: share(2 * truePositives, predicted + support), support: support)
  }

  /// The mean of scores with the given weights, 0 if these sum to 0; its support is that of all.
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
  /// The number with `digits` digits behind the point, correctly rounded, ties to even, as C's and Python's `%.4f`.
  ///
  /// For numbers from 0 to 1 and up to 15 digits, where the scaled integer is exact.
  func fixed(digits: Int) -> String {
    require(self >= 0 && self <= 1 && (0...15).contains(digits), "\(self), \(digits) digits")
    let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
    let product = self * Double(scale)
    var rounded = product.rounded(.toNearestOrEven)
    // What the product's own rounding lost decides where it seems to lie halfway.
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
