/// The sizes of a tensor along its axes, outermost first.
///
/// The shapes of layers have no batch axis: `(28, 28, 1)` is an image of height 28, width 28 and
/// one channel. A shape without axes is that of a scalar, with one element.
public struct Shape: Sendable, Hashable, Codable, ExpressibleByArrayLiteral,
  CustomStringConvertible, RandomAccessCollection
{
  public let dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  public init(arrayLiteral elements: Int...) { dimensions = elements }

  /// Reads an array of sizes.
  public init(from decoder: any Decoder) throws {
    dimensions = try decoder.singleValueContainer().decode([Int].self)
  }

  /// Writes an array of sizes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(dimensions)
  }

  public var rank: Int { dimensions.count }

  /// The product of all sizes. Traps if it is above `Int.max`.
  public var elementCount: Int {
    var product = 1
    for size in dimensions {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      require(!overflow, "no memory for a tensor of shape \(self)")
      product = next
    }
    return product
  }

  /// The distance in elements between neighbors along each axis, in row-major order. Without
  /// meaning if the number of elements is above `Int.max`.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] &* dimensions[axis + 1]
    }
    return strides
  }

  public var startIndex: Int { 0 }

  public var endIndex: Int { dimensions.count }

  /// The size along an axis. Traps unless it is one of `0..<rank`.
  public subscript(axis: Int) -> Int {
    require(axis >= 0 && axis < dimensions.count, "axis \(axis) of shape \(self)")
    return dimensions[axis]
  }

  /// The shape with an axis prepended, such as the batch axis.
  package func prepending(_ size: Int) -> Shape { Shape([size] + dimensions) }

  /// As a Python tuple: `(28, 28, 1)`, `(10,)`, `()`.
  public var description: String {
    let sizes = dimensions.map(String.init).joined(separator: ", ")
    return rank == 1 ? "(\(sizes),)" : "(\(sizes))"
  }
}

extension Shape {
  /// The number of elements, or nil if a size is not positive or the product overflows.
  package var checkedElementCount: Int? {
    var product = 1
    for size in dimensions {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard size > 0, !overflow else { return nil }
      product = next
    }
    return product
  }
}
