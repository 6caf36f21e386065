// Elementwise operators. Shapes are broadcast as in NumPy: aligned at the last axis, missing axes
// count as 1, and sizes of 1 stretch to the other's. Other shapes trap with a message that shows
// both.

extension Tensor {
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "+") { $0 + $1 }
  }

  public static func + (left: Tensor, right: Float) -> Tensor { left.apply { $0 + right } }

  public static func + (left: Float, right: Tensor) -> Tensor { right.apply { left + $0 } }

  /// The right shape is broadcast to the left one.
  public static func += (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "+=") { $0 + $1 }
  }

  public static func += (left: inout Tensor, right: Float) { left.applyInPlace { $0 + right } }

  public static func - (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "-") { $0 - $1 }
  }

  public static func - (left: Tensor, right: Float) -> Tensor { left.apply { $0 - right } }

  public static func - (left: Float, right: Tensor) -> Tensor { right.apply { left - $0 } }

  /// The right shape is broadcast to the left one.
  public static func -= (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "-=") { $0 - $1 }
  }

  public static func -= (left: inout Tensor, right: Float) { left.applyInPlace { $0 - right } }

  public static func * (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "*") { $0 * $1 }
  }

  public static func * (left: Tensor, right: Float) -> Tensor { left.apply { $0 * right } }

  public static func * (left: Float, right: Tensor) -> Tensor { right.apply { left * $0 } }

  /// The right shape is broadcast to the left one.
  public static func *= (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "*=") { $0 * $1 }
  }

  public static func *= (left: inout Tensor, right: Float) { left.applyInPlace { $0 * right } }

  public static func / (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "/") { $0 / $1 }
  }

  public static func / (left: Tensor, right: Float) -> Tensor { left.apply { $0 / right } }

  public static func / (left: Float, right: Tensor) -> Tensor { right.apply { left / $0 } }

  /// The right shape is broadcast to the left one.
  public static func /= (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "/=") { $0 / $1 }
  }

  public static func /= (left: inout Tensor, right: Float) { left.applyInPlace { $0 / right } }

  public static prefix func - (tensor: Tensor) -> Tensor { tensor.apply { -$0 } }
}
