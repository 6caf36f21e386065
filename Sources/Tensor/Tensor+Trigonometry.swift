// Angles are in radians.

extension TensorOf where Scalar: RealScalar {
  public func sin() -> Self { apply(.sin) }

  public func cos() -> Self { apply(.cos) }

  public func tan() -> Self { apply(.tan) }

  /// NaN outside −1...1.
  public func arcsin() -> Self { apply(.arcsine) }

  /// NaN outside −1...1.
  public func arccos() -> Self { apply(.arccosine) }

  public func arctan() -> Self { apply(.arctangent) }

  /// The angles of the points (x, y) from the positive x axis, in −π...π, for the elements y of the
  /// first tensor and x of the second. Shapes are broadcast as in NumPy's `arctan2`.
  public static func atan2(_ y: Self, _ x: Self) -> Self { combine(.arctangent, y, x) }

  public func sinh() -> Self { apply(.sinh) }

  public func cosh() -> Self { apply(.cosh) }

  public func tanh() -> Self { apply(.tanh) }
}
