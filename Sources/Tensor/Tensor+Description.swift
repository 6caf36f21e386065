extension TensorOf: CustomStringConvertible {
  /// The elements as NumPy prints an array of their type: lines of up to 75 characters, and for
  /// more than 1000 elements only the first and last three along each axis.
  public var description: String {
    if rank == 0 { return Self.text(scalar) }
    if count == 0 { return "[]" }
    return TensorPrinter(self, format: Self.format).text()
  }

  private static func text(_ scalar: Scalar) -> String {
    switch scalar {
    case let number as Float: NumberFormat.alone(number)
    case let number as Double: NumberFormat.alone(number)
    case let flag as Bool: flag ? "True" : "False"
    default: "\(scalar)"
    }
  }

  /// The text of each number, all of the same width.
  private static func format(_ shown: [Scalar]) -> (Scalar) -> String {
    if let numbers = shown as? [Float] {
      let format = NumberFormat(numbers)
      return { ($0 as? Float).map { format($0) } ?? "" }
    }
    if let numbers = shown as? [Double] {
      let format = NumberFormat(numbers)
      return { ($0 as? Double).map { format($0) } ?? "" }
    }
    let width = shown.map { text($0).utf8.count }.max() ?? 0
    return { scalar in
      let text = text(scalar)
      return String(repeating: " ", count: width - text.utf8.count) + text
    }
  }
}

/// Prints a tensor with at least one axis and one element. Source: `_formatArray` in NumPy 2.4's
/// `arrayprint.py`.
private struct TensorPrinter<Scalar: TensorScalar> {
  private static var lineWidth: Int { 75 }
  private static var edge: Int { 3 }
  private static var threshold: Int { 1000 }

  private let shape: Shape
  private let elements: [Scalar]
  private let strides: [Int]
  private let format: (Scalar) -> String

  init(_ tensor: TensorOf<Scalar>, format: ([Scalar]) -> (Scalar) -> String) {
    shape = tensor.shape
    elements = tensor.elements
    strides = tensor.shape.strides
    var shown: [Scalar] = []
    Self.visit(shape, strides, axis: 0, offset: 0) { [elements] in shown.append(elements[$0]) }
    self.format = format(shown)
  }

  func text() -> String { text(axis: 0, offset: 0, indent: " ", width: Self.lineWidth) }

  /// Calls `body` with the offset of each element that is shown.
  private static func visit(
    _ shape: Shape, _ strides: [Int], axis: Int, offset: Int, _ body: (Int) -> Void
  ) {
    guard axis < shape.rank else { return body(offset) }
    for position in positions(shape, axis) {
      guard let position else { continue }
      visit(shape, strides, axis: axis + 1, offset: offset + position * strides[axis], body)
    }
  }

  /// The positions along an axis that are shown, and nil for an ellipsis.
  private static func positions(_ shape: Shape, _ axis: Int) -> [Int?] {
    let size = shape[axis]
    guard shape.elementCount > threshold, size > 2 * edge else { return Array(0..<size) }
    return Array(0..<edge) + [nil] + Array(size - edge..<size)
  }

  private func text(axis: Int, offset: Int, indent: String, width: Int) -> String {
    let isRow = axis == shape.rank - 1
    let parts = Self.positions(shape, axis).map { position in
      guard let position else { return "..." }
      let start = offset + position * strides[axis]
      return isRow
        ? format(elements[start])
        : text(axis: axis + 1, offset: start, indent: indent + " ", width: width - 1)
    }
    guard !isRow else { return "[" + wrapped(parts, indent: indent, width: width - 1) + "]" }
    let gap = String(repeating: "\n", count: shape.rank - 1 - axis)
    return "[" + parts.joined(separator: gap + indent) + "]"
  }

  /// Words on lines of limited width; lines after the first are indented.
  private func wrapped(_ words: [String], indent: String, width: Int) -> String {
    var lines: [String] = []
    var line = ""
    let room = width - indent.utf8.count
    for word in words {
      if !line.isEmpty, line.utf8.count + word.utf8.count > room {
        lines.append(Self.trimmed(line))
        line = ""
      }
      line += word + " "
    }
    // The last word keeps its padding, as in NumPy.
    lines.append(String(line.dropLast()))
    return lines.joined(separator: "\n" + indent)
  }

  private static func trimmed(_ line: String) -> String {
    let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) }
    return String(line[..<(end ?? line.startIndex)])
  }
}
