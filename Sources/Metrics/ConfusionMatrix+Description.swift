internal import PinionTensor

extension ConfusionMatrix: CustomStringConvertible {
  /// A table: a row for each true class with its index and name, a column for each predicted class under its index.
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
