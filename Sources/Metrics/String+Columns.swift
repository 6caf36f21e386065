extension String {
  /// The number of Unicode scalars, which is what Python takes for a string's length.
  var scalarCount: Int { unicodeScalars.count }

  /// The string with spaces before it up to a width.
  func padded(toLeft width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - scalarCount)) + self
  }

  /// The string with spaces behind it up to a width.
  func padded(toRight width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - scalarCount))
  }
}
