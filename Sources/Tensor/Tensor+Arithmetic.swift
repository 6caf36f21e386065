// Shapes meet by NumPy's rules: aligned at the last axis, sizes of 1 stretch to the other's, and
// missing axes count as 1. Where the sizes along an axis differ and neither is 1, the operators
// trap and show both shapes.

extension Tensor {
  /// The elementwise sum left + right; shapes stretch as NumPy's, and trap if they do not fit.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "+") { $0 + $1 }
  }

  /// Each element + a number.
  public static func + (left: Tensor, right: Float) -> Tensor { left.apply { $0 + right } }

  /// A number + each element.
  public static func + (left: Float, right: Tensor) -> Tensor { right.apply { left + $0 } }

  /// Replaces each element by itself + the other's; the right shape stretches to the left one, and
  /// traps if it cannot.
  public static func += (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "+=") { $0 + $1 }
  }

  /// Replaces each element by itself + a number.
  public static func += (left: inout Tensor, right: Float) { left.applyInPlace { $0 + right } }

  /// The elementwise difference left - right; shapes stretch as NumPy's, and trap if they do not
  /// fit.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "-") { $0 - $1 }
  }

  /// Each element - a number.
  public static func - (left: Tensor, right: Float) -> Tensor { left.apply { $0 - right } }

  /// A number - each element.
  public static func - (left: Float, right: Tensor) -> Tensor { right.apply { left - $0 } }

  /// Replaces each element by itself - the other's; the right shape stretches to the left one, and
  /// traps if it cannot.
  public static func -= (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "-=") { $0 - $1 }
  }

  /// Replaces each element by itself - a number.
  public static func -= (left: inout Tensor, right: Float) { left.applyInPlace { $0 - right } }

  /// The elementwise product left * right; shapes stretch as NumPy's, and trap if they do not fit.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "*") { $0 * $1 }
  }

  /// Each element * a number.
  public static func * (left: Tensor, right: Float) -> Tensor { left.apply { $0 * right } }

  /// A number * each element.
  public static func * (left: Float, right: Tensor) -> Tensor { right.apply { left * $0 } }

  /// Replaces each element by itself * the other's; the right shape stretches to the left one, and
  /// traps if it cannot.
  public static func *= (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "*=") { $0 * $1 }
  }

  /// Replaces each element by itself * a number.
  public static func *= (left: inout Tensor, right: Float) { left.applyInPlace { $0 * right } }

  /// The elementwise quotient left / right; shapes stretch as NumPy's, and trap if they do not fit.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "/") { $0 / $1 }
  }

  /// Each element / a number.
  public static func / (left: Tensor, right: Float) -> Tensor { left.apply { $0 / right } }

  /// A number / each element.
  public static func / (left: Float, right: Tensor) -> Tensor { right.apply { left / $0 } }

  /// Replaces each element by itself / the other's; the right shape stretches to the left one, and
  /// traps if it cannot.
  public static func /= (left: inout Tensor, right: Tensor) {
    left.combineInPlace(right, "/=") { $0 / $1 }
  }

  /// Replaces each element by itself / a number.
  public static func /= (left: inout Tensor, right: Float) { left.applyInPlace { $0 / right } }

  /// Each element with the other sign.
  public static prefix func - (tensor: Tensor) -> Tensor { tensor.apply { -$0 } }
}
