internal import PinionTensor

/// How large sizes may be, so that no product of them overflows and BLAS, which counts in 32 bits,
/// takes them all.
enum SizeLimits {
  /// The largest size along one axis.
  static let side = Int(Int32.max)
  /// The number of elements that no tensor of one image, and no graph's parameters together, reach:
  /// 4 TiB of floats.
  static let elements = 1 << 40
  /// The largest number of nodes in a graph. Nested graphs multiply them.
  static let nodes = 1 << 17

  /// The number of elements of a shape, or nil if a size or their product lies outside the limits.
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

  /// Whether sizes and product of a shape lie within the limits.
  static func allow(_ shape: Shape) -> Bool { elementCount(of: shape) != nil }

  /// What ``allow(_:)`` asks for, in words.
  static let shapeRequirement =
    "positive axes of at most \(side) and fewer than \(elements) elements"

  /// Throws unless every one of a hyperparameter's sizes is positive and within the limit.
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
