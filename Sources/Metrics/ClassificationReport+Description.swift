internal import PinionTensor

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
