public import PinionTensor

/// The uniform distribution over [lower, upper).
public struct RandomRange: Sendable, Equatable, Codable {
  public var lower: Double
  public var upper: Double

  /// From −|magnitude| to |magnitude|.
  public init(magnitude: Double) {
    lower = -abs(magnitude)
    upper = abs(magnitude)
  }

  public init(_ range: ClosedRange<Double>) {
    lower = range.lowerBound
    upper = range.upperBound
  }

  /// lower + u·(upper − lower), for u in [0, 1).
  public func draw(from random: inout RandomStream.Generator) -> Double {
    lower + random.uniform() * (upper - lower)
  }

  /// Throws `ArgumentError` with `name` as the place unless the bounds are ordered and lie within
  /// `limits`.
  public func validate(_ name: String, within limits: ClosedRange<Double>) throws(ArgumentError) {
    // A saved configuration may hold NaN, with which every comparison is false.
    guard limits.lowerBound <= lower, lower <= upper, upper <= limits.upperBound else {
      throw ArgumentError(
        place: name, expected: "a range within \(limits)", found: "\(lower)...\(upper)")
    }
  }
}
