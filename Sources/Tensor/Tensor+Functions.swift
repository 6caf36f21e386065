extension TensorOf {
  @inlinable
  public func map<Failure: Error>(
    _ transform: (Scalar) throws(Failure) -> Scalar
  ) throws(Failure) -> Self {
    var copy = self
    try copy.mutate { view throws(Failure) in
      for index in view.indices { view[index] = try transform(view[index]) }
    }
    return copy
  }
}

extension TensorOf where Scalar: RealScalar {
  /// e to the power of each element.
  public func exp() -> Self { apply(.exp) }

  /// e to the power of each element minus 1, exact for small elements.
  public func expm1() -> Self { apply(.expm1) }

  /// The natural logarithm of each element: −∞ of zero, NaN of negative numbers.
  public func log() -> Self { apply(.log) }

  /// The natural logarithm of 1 + x for each element x, exact for small elements.
  public func log1p() -> Self { apply(.log1p) }

  public func log2() -> Self { apply(.log2) }

  public func log10() -> Self { apply(.log10) }

  /// The square root of each element: NaN of negative numbers.
  public func squareRoot() -> Self { apply(.squareRoot) }

  public func squared() -> Self { apply(.square) }

  public func abs() -> Self { apply(.magnitude) }

  /// Each element to the power of the exponent, as C's `pow`: NaN of finite negative elements
  /// unless the exponent is an integer; 1 of all elements if it is 0.
  public func pow(_ exponent: Scalar) -> Self { Self.combine(.power, self, Self(exponent)) }

  /// Shapes are broadcast as in NumPy.
  public func pow(_ exponent: Self) -> Self { Self.combine(.power, self, exponent) }

  /// The remainders of the division by the other tensor's elements, with the sign of the divisor,
  /// as NumPy's `mod`. Shapes are broadcast.
  public func remainder(dividingBy divisor: Self) -> Self {
    Self.combine(.remainder, self, divisor)
  }

  /// The largest integer not above each element.
  public func floor() -> Self { apply(.floor) }

  /// The smallest integer not below each element.
  public func ceil() -> Self { apply(.ceil) }

  /// The nearest integer, an even one for halves, as NumPy's `round`.
  public func rounded() -> Self { apply(.round) }

  /// The integer part of each element.
  public func truncated() -> Self { apply(.truncate) }

  /// −1, 0 or 1; NaN stays NaN.
  public func sign() -> Self { apply(.sign) }

  /// Each element clipped to a range; NaN stays NaN. As NumPy's `clip`.
  public func clamped(to range: ClosedRange<Scalar>) -> Self {
    if Scalar.self == Float.self {
      let (low, high) = (Float(range.lowerBound), Float(range.upperBound))
      return viewed(as: Float.self).clipped(to: low...high).viewed(as: Scalar.self)
    }
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    return viewed(as: Double.self).clipped(to: low...high).viewed(as: Scalar.self)
  }

  /// The larger of each pair of elements, NaN if either is; shapes are broadcast as in NumPy.
  public static func maximum(_ left: Self, _ right: Self) -> Self {
    combine(.maximum, left, right)
  }

  /// The larger of each element and a number; NaN if either is.
  public static func maximum(_ left: Self, _ right: Scalar) -> Self {
    combine(.maximum, left, Self(right))
  }

  /// The smaller of each pair of elements, NaN if either is; shapes are broadcast as in NumPy.
  public static func minimum(_ left: Self, _ right: Self) -> Self {
    combine(.minimum, left, right)
  }

  /// The smaller of each element and a number; NaN if either is.
  public static func minimum(_ left: Self, _ right: Scalar) -> Self {
    combine(.minimum, left, Self(right))
  }
}

extension TensorOf where Scalar: LoopScalar {
  @inline(__always)
  fileprivate func clipped(to range: ClosedRange<Scalar>) -> Self {
    Self(writing: shape) { result in
      read { unsafe Scalar.clip($0.base, count: $0.count, to: range, result.base) }
    }
  }
}

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
