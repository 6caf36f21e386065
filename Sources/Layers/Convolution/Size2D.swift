/// A height and a width; one number stands for both: `kernel: 3`, `kernel: Size2D(3, 5)`.
public struct Size2D: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// The extent along the rows' axis.
  public var height: Int
  /// The extent along the columns' axis.
  public var width: Int

  /// A height and a width.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same height and width.
  public init(_ side: Int) { self.init(side, side) }

  /// The same height and width.
  public init(integerLiteral side: Int) { self.init(side, side) }

  /// As `(3, 5)`.
  public var description: String { "(\(height), \(width))" }
}
