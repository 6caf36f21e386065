// Elementwise operators. Shapes are broadcast as in NumPy: aligned at the last axis, missing axes
// count as 1, and sizes of 1 stretch to the other's. Other shapes trap with a message that shows
// both.

extension TensorOf where Scalar: RealScalar {
  public static func + (left: Self, right: Self) -> Self { combine(.add, left, right) }

  public static func + (left: Self, right: Scalar) -> Self { combine(.add, left, Self(right)) }

  public static func + (left: Scalar, right: Self) -> Self { combine(.add, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func += (left: inout Self, right: Self) { left.combineInPlace(.add, right) }

  public static func += (left: inout Self, right: Scalar) {
    left.combineInPlace(.add, Self(right))
  }

  public static func - (left: Self, right: Self) -> Self { combine(.subtract, left, right) }

  public static func - (left: Self, right: Scalar) -> Self { combine(.subtract, left, Self(right)) }

  public static func - (left: Scalar, right: Self) -> Self { combine(.subtract, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func -= (left: inout Self, right: Self) { left.combineInPlace(.subtract, right) }

  public static func -= (left: inout Self, right: Scalar) {
    left.combineInPlace(.subtract, Self(right))
  }

  public static func * (left: Self, right: Self) -> Self { combine(.multiply, left, right) }

  public static func * (left: Self, right: Scalar) -> Self { combine(.multiply, left, Self(right)) }

  public static func * (left: Scalar, right: Self) -> Self { combine(.multiply, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func *= (left: inout Self, right: Self) { left.combineInPlace(.multiply, right) }

  public static func *= (left: inout Self, right: Scalar) {
    left.combineInPlace(.multiply, Self(right))
  }

  public static func / (left: Self, right: Self) -> Self { combine(.divide, left, right) }

  public static func / (left: Self, right: Scalar) -> Self { combine(.divide, left, Self(right)) }

  public static func / (left: Scalar, right: Self) -> Self { combine(.divide, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func /= (left: inout Self, right: Self) { left.combineInPlace(.divide, right) }

  public static func /= (left: inout Self, right: Scalar) {
    left.combineInPlace(.divide, Self(right))
  }

  public static prefix func - (tensor: Self) -> Self { tensor.apply(.negate) }
}
