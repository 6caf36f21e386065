public import PinionTensor

/// The numbers between two bounds, all equally likely.
public struct RandomRange: Sendable, Equatable, Codable {
  /// The smallest number.
  public var lower: Double
  /// The largest number.
  public var upper: Double

  /// The numbers from −|magnitude| to |magnitude|.
  public init(magnitude: Double) {
    lower = -abs(magnitude)
    upper = abs(magnitude)
  }

  /// The numbers of a range.
  public init(_ range: ClosedRange<Double>) {
    lower = range.lowerBound
    upper = range.upperBound
  }

  /// lower + u·(upper − lower), for u in [0, 1).
  public func draw(from random: inout RandomStream.Generator) -> Double {
    lower + random.uniform() * (upper - lower)
  }

  /// Throws ``ArgumentError`` with the name unless the bounds are ordered and lie within `limits`.
  public func validate(_ name: String, within limits: ClosedRange<Double>) throws(ArgumentError) {
    // A saved configuration may hold anything; a comparison with NaN is false.
    guard limits.lowerBound <= lower, lower <= upper, upper <= limits.upperBound else {
      throw ArgumentError(
        place: name, expected: "a range within \(limits)", found: "\(lower)...\(upper)")
    }
  }
}
