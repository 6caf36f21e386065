internal import PinionTensor

extension ArgumentError {
  /// Throws for the first of `values` outside `0..<limit`, with `name` and its index as the place.
  static func check<Value: BinaryInteger>(
    _ values: [Value], named name: String, within limit: Int
  ) throws(ArgumentError) {
    guard let position = values.firstIndex(where: { $0 < 0 || $0 >= limit }) else { return }
    throw ArgumentError(
      place: "\(name) \(position)", expected: limit > 0 ? "0...\(limit - 1)" : "none",
      found: "\(values[position])")
  }

  /// Throws unless `found` equals `expected`.
  static func check(
    _ place: String, expected: Int, because reason: String, found: Int
  ) throws(ArgumentError) {
    guard found != expected else { return }
    throw ArgumentError(place: place, expected: "\(expected) (\(reason))", found: "\(found)")
  }

  /// The number of elements of a shape. Throws unless the shape has axes, their sizes are
  /// positive and the product fits an `Int`.
  static func elementCount(of shape: Shape, named name: String) throws(ArgumentError) -> Int {
    guard shape.rank > 0, let count = shape.checkedElementCount else {
      throw ArgumentError(
        place: "the \(name)", expected: "at least one axis, positive sizes and a countable product",
        found: "\(shape)")
    }
    return count
  }
}
