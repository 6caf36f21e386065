internal import PinionTensor

/// What is wrong with data given to a data set, where in it, what was expected and what was found.
public struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The place: which image, label, index or argument.
  public let place: String
  /// What should have been there.
  public let expected: String
  /// What was there.
  public let found: String

  /// Says what is wrong with data.
  public init(place: String, expected: String, found: String) {
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// One line that names all three, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(place): expected \(expected), found \(found)")
  }

  /// Throws for the first of `values` outside `0..<limit`, as `name` and its position.
  static func check<Value: BinaryInteger>(
    _ values: [Value], named name: String, within limit: Int
  ) throws(DatasetError) {
    guard let position = values.firstIndex(where: { $0 < 0 || $0 >= limit }) else { return }
    throw DatasetError(
      place: "\(name) \(position)", expected: limit > 0 ? "0...\(limit - 1)" : "none",
      found: "\(values[position])")
  }

  /// Throws unless `found` equals `expected`.
  static func check(
    _ place: String, expected: Int, because reason: String, found: Int
  ) throws(DatasetError) {
    guard found != expected else { return }
    throw DatasetError(place: place, expected: "\(expected) (\(reason))", found: "\(found)")
  }

  /// The number of elements of a shape; throws unless it has axes, all of positive size, and an `Int` can count them.
  static func elementCount(of shape: Shape, named name: String) throws(DatasetError) -> Int {
    guard shape.rank > 0, let count = shape.checkedElementCount else {
      throw DatasetError(
        place: "the \(name)", expected: "at least one axis, positive sizes and a countable product",
        found: "\(shape)")
    }
    return count
  }
}
