/// An argument, a hyperparameter or an element of data that cannot be used.
///
/// `place` names what failed: the argument (`"the batch size"`), the property (`"Adam.beta1"`) or
/// the element (`"label 3"`).
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

extension ArgumentError {
  /// Throws for the first of `values` outside `0..<limit`, with `name` and its index as the place.
  package static func check<Value: BinaryInteger>(
    _ values: [Value], named name: String, within limit: Int
  ) throws(ArgumentError) {
    guard let position = values.firstIndex(where: { $0 < 0 || $0 >= limit }) else { return }
    throw ArgumentError(
      place: "\(name) \(position)", expected: limit > 0 ? "0...\(limit - 1)" : "none",
      found: "\(values[position])")
  }

  /// Throws for a weight that is negative or not finite.
  package static func check(
    weight: Float, _ place: @autoclosure () -> String
  ) throws(ArgumentError) {
    guard !(weight >= 0 && weight.isFinite) else { return }
    throw ArgumentError(
      place: place(), expected: "a finite number, at least 0", found: "\(weight)")
  }

  /// Throws unless `found` equals `expected`.
  package static func check(
    _ place: String, expected: Int, because reason: String, found: Int
  ) throws(ArgumentError) {
    guard found != expected else { return }
    throw ArgumentError(place: place, expected: "\(expected) (\(reason))", found: "\(found)")
  }

  /// The number of elements of a shape. Throws unless the shape has axes, their sizes are
  /// positive and the product fits an `Int`.
  package static func elementCount(of shape: Shape, named name: String) throws(ArgumentError) -> Int
  {
    guard shape.rank > 0, let count = shape.checkedElementCount else {
      throw ArgumentError(
        place: "the \(name)", expected: "at least one axis, positive sizes and a countable product",
        found: "\(shape)")
    }
    return count
  }
}

/// Traps with a message unless a condition holds.
///
/// Unlike `precondition` it prints the message in release builds too. Control characters in the
/// message are escaped.
@inlinable
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  guard _fastPath(condition) else { stop(message(), file: file, line: line) }
}

@usableFromInline
@inline(never)
package func stop(_ message: String, file: StaticString, line: UInt) -> Never {
  fatalError(PrintableText.escaped(message), file: file, line: line)
}
