/// The sizes of a tensor along its axes, outermost first.
///
/// Layers speak of shapes *without* the batch axis: `(28, 28, 1)` is an image of height 28,
/// width 28 and one channel. A shape without axes is a scalar's, of one element.
public struct Shape: Sendable, Hashable, Codable, ExpressibleByArrayLiteral,
  CustomStringConvertible, RandomAccessCollection
{
  /// The size along each axis.
  public let dimensions: [Int]

  /// A shape of the given sizes.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// A shape of the given sizes.
  public init(arrayLiteral elements: Int...) { dimensions = elements }

  /// A shape stored as a plain array of sizes.
  public init(from decoder: any Decoder) throws {
    dimensions = try decoder.singleValueContainer().decode([Int].self)
  }

  /// Stores the shape as a plain array of sizes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(dimensions)
  }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The number of elements: the product of all sizes.
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// How many elements lie between neighbors along each axis, in row-major order.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The first axis.
  public var startIndex: Int { 0 }

  /// One past the last axis.
  public var endIndex: Int { dimensions.count }

  /// The size along an axis.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The shape with one more axis in front, such as a batch's.
  public func prepending(_ size: Int) -> Shape { Shape([size] + dimensions) }

  /// As Python writes a tuple: `(28, 28, 1)`, `(10,)`, `()`.
  public var description: String {
    let sizes = dimensions.map(String.init).joined(separator: ", ")
    return rank == 1 ? "(\(sizes),)" : "(\(sizes))"
  }
}

extension Shape {
  /// The number of elements, or nil if a size is not positive or an `Int` cannot hold the product.
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
