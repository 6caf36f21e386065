internal import PinionTensor

/// What is wrong with predictions or labels given to a metric, where, what was expected and what was found.
public struct MetricError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The place: which argument, and which row of it.
  public let place: String
  /// What should have been there.
  public let expected: String
  /// What was there.
  public let found: String

  /// Says what is wrong with predictions or labels.
  public init(place: String, expected: String, found: String) {
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// One line that names all three, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(place): expected \(expected), found \(found)")
  }
}
