/// An argument, a hyperparameter or an element of data that cannot be used.
///
/// `place` tells what failed: the argument (`"the batch size"`), the property
/// (`"Adam.beta1"`) or the element (`"label 3"`).
public struct ArgumentError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The argument, property or element.
  public let place: String
  public let expected: String
  public let found: String

  public init(place: String, expected: String, found: String) {
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// `place: expected …, found …` on one line, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(place): expected \(expected), found \(found)")
  }
}
