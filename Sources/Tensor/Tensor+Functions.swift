internal import Glibc

extension Tensor {
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

  /// The natural logarithm of each element: −∞ of zero, NaN of negative numbers.
  public func log() -> Tensor { apply { logf($0) } }

  /// The square root of each element: NaN of negative numbers.
  public func squareRoot() -> Tensor { apply { $0.squareRoot() } }

  public func tanh() -> Tensor { apply { tanhf($0) } }

  public func abs() -> Tensor { apply { $0.magnitude } }

  /// By the C library's `powf`.
  public func pow(_ exponent: Float) -> Tensor { apply { powf($0, exponent) } }

  /// Shapes are broadcast as in NumPy.
  public func pow(_ exponent: Tensor) -> Tensor {
    Self.combine(self, exponent, "pow") { powf($0, $1) }
  }

  /// Each element clipped to a range; NaN stays NaN. As NumPy's `clip`.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    let (lower, upper) = (range.lowerBound, range.upperBound)
    return apply { $0 < lower ? lower : $0 > upper ? upper : $0 }
  }

  /// The larger of each pair of elements, NaN if either is; shapes are broadcast as in NumPy.
  public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "maximum", greater)
  }

  /// The larger of each element and a number; NaN if either is.
  public static func maximum(_ left: Tensor, _ right: Float) -> Tensor {
    left.apply { greater($0, right) }
  }

  /// The smaller of each pair of elements, NaN if either is; shapes are broadcast as in NumPy.
  public static func minimum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "minimum", smaller)
  }

  /// The smaller of each element and a number; NaN if either is.
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
