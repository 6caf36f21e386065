internal import PinionTensor

/// Limits of sizes: no product of them overflows, and BLAS, which has 32-bit sizes, accepts them.
enum SizeLimits {
  /// The largest size along one axis.
  static let side = Int(Int32.max)
  /// The exclusive upper bound for the elements of a tensor of one sample, and of all parameters of
  /// a graph: 4 TiB of floats.
  static let elements = 1 << 40
  /// The largest number of nodes in a graph. Nested graphs multiply them.
  static let nodes = 1 << 17

  /// The number of elements of a shape; nil if a size or the product is outside the limits.
  static func elementCount(of shape: some Sequence<Int>) -> Int? {
    var product = 1
    for size in shape {
      guard size > 0, size <= side else { return nil }
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      guard !overflows, next < elements else { return nil }
      product = next
    }
    return product
  }

  /// Whether the sizes of a shape and their product are within the limits.
  static func allow(_ shape: Shape) -> Bool { elementCount(of: shape) != nil }

  /// The condition of ``allow(_:)`` as text.
  static let shapeRequirement =
    "positive axes of at most \(side) and fewer than \(elements) elements"

  /// Throws unless all sizes of a hyperparameter are positive and within the limit.
  static func require(_ sizes: Int..., named name: String, received: some Any) throws {
    try LayerError.require(
      sizes.allSatisfy { $0 > 0 && $0 <= side },
      "\(name) must be positive and at most \(side)", received: "\(received)")
  }

  /// Throws unless ``allow(_:)`` does.
  static func require(_ shape: Shape, of name: String) throws {
    try LayerError.require(
      allow(shape), "\(name) with \(shapeRequirement)", received: "the shape \(shape)")
  }
}
