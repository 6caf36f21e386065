/// Columns of numbers, aligned to the right.
package enum Table {
  private static let width = 9

  /// An empty line, a title and the names of the columns.
  package static func heading(_ title: String, of columns: [String], share: Bool = true) -> String {
    let rates = ["min", "median", "max"] + (share ? ["of peak"] : [])
    return "\n\(title)\n\(row(columns + rates))"
  }

  /// A line of a table.
  package static func line(
    _ columns: [String], _ rate: Rate, share: Double? = nil, note: String = ""
  ) -> String {
    var cells = columns + [rate.minimum, rate.median, rate.maximum].map { fixed($0) }
    if let share { cells.append("\(fixed(100 * share)) %") }
    return row(cells) + (note.isEmpty ? "" : "   \(note)")
  }

  private static func row(_ cells: [String]) -> String {
    cells.map { String(repeating: " ", count: max(1, width - $0.count)) + $0 }.joined()
  }

  /// One digit behind the point.
  package static func fixed(_ number: Double) -> String {
    let tenths = Int((abs(number) * 10).rounded())
    return "\(number < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }
}
