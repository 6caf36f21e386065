extension Tensor: CustomStringConvertible {
  /// The elements as NumPy prints a `float32` array: lines of up to 75 characters, and for more
  /// than 1000 elements only the first and last three along each axis.
  public var description: String {
    if rank == 0 { return NumberFormat.alone(scalar) }
    if count == 0 { return "[]" }
    return TensorPrinter(self).text()
  }
}

/// Prints a tensor with at least one axis and one element. Source: `_formatArray` in NumPy 2.4's
/// `arrayprint.py`.
private struct TensorPrinter {
  private static let lineWidth = 75
  private static let edge = 3
  private static let threshold = 1000

  private let shape: Shape
  private let elements: [Float]
  private let strides: [Int]
  private let format: NumberFormat

  init(_ tensor: Tensor) {
    shape = tensor.shape
    elements = tensor.elements
    strides = tensor.shape.strides
    var shown: [Float] = []
    Self.visit(shape, strides, axis: 0, offset: 0) { [elements] in shown.append(elements[$0]) }
    format = NumberFormat(shown)
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
