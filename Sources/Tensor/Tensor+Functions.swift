internal import Glibc

extension Tensor {
  /// The tensor of a function's values at each element.
  public func map<Failure: Error>(
    _ transform: (Float) throws(Failure) -> Float
  ) throws(Failure) -> Tensor {
    var copy = self
    try copy.mutate { view throws(Failure) in
      for index in view.indices { view[index] = try transform(view[index]) }
    }
    return copy
  }

  /// e to the power of each element.
  public func exp() -> Tensor { apply { expf($0) } }

  /// The natural logarithm of each element: −∞ of zero, NaN of what is negative.
  public func log() -> Tensor { apply { logf($0) } }

  /// The square root of each element: NaN of what is negative.
  public func squareRoot() -> Tensor { apply { $0.squareRoot() } }

  /// The hyperbolic tangent of each element.
  public func tanh() -> Tensor { apply { tanhf($0) } }

  /// The absolute value of each element.
  public func abs() -> Tensor { apply { $0.magnitude } }

  /// Each element to the power of a number, by the C library's `powf`.
  public func pow(_ exponent: Float) -> Tensor { apply { powf($0, exponent) } }

  /// Each element to the power of another tensor's; shapes stretch as NumPy's, and trap if they do
  /// not fit.
  public func pow(_ exponent: Tensor) -> Tensor {
    Self.combine(self, exponent, "pow") { powf($0, $1) }
  }

  /// Each element, or the nearer bound if it lies outside the range; NaN stays NaN. As NumPy's
  /// `clip`.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    let (lower, upper) = (range.lowerBound, range.upperBound)
    return apply { $0 < lower ? lower : $0 > upper ? upper : $0 }
  }

  /// The greater of each pair of elements, NaN if either is; shapes stretch as NumPy's, and trap if
  /// they do not fit.
  public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "maximum", greater)
  }

  /// Each element or a number, whichever is greater; NaN if either is.
  public static func maximum(_ left: Tensor, _ right: Float) -> Tensor {
    left.apply { greater($0, right) }
  }

  /// The smaller of each pair of elements, NaN if either is; shapes stretch as NumPy's, and trap if
  /// they do not fit.
  public static func minimum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "minimum", smaller)
  }

  /// Each element or a number, whichever is smaller; NaN if either is.
  public static func minimum(_ left: Tensor, _ right: Float) -> Tensor {
    left.apply { smaller($0, right) }
  }

  @inline(__always)
  static func greater(_ left: Float, _ right: Float) -> Float {
    left > right || left.isNaN ? left : right
  }

  @inline(__always)
  static func smaller(_ left: Float, _ right: Float) -> Float {
    left < right || left.isNaN ? left : right
  }
}
