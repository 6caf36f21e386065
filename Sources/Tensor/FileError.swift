/// What is wrong with a file, where in it, what was expected and what was found.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file's path.
  public let file: String
  /// The place in it: a field's name, an offset, a record's number.
  public let place: String
  /// What should have been there.
  public let expected: String
  /// What was there.
  public let found: String

  /// Says what is wrong with a file.
  public init(file: String, place: String, expected: String, found: String) {
    self.file = file
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// One line that names all four, fit for a terminal: control characters are escaped.
  public var description: String {
    PrintableText.escaped("\(file): \(place): expected \(expected), found \(found)")
  }
}
