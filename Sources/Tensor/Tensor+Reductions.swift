extension TensorOf where Scalar: RealScalar {
  /// The sum of all elements in double precision; 0 without elements.
  public func sum() -> Scalar { Scalar(sums(Reduction(shape))[0]) }

  /// The sums along axes in double precision, as NumPy's `sum`; 0 along an axis of size 0.
  ///
  /// Traps on axes that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func sum(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: sums(reduction))
  }

  /// The mean of all elements; NaN without elements.
  public func mean() -> Scalar { Scalar(means(Reduction(shape))[0]) }

  /// The means along axes in double precision, as NumPy's `mean`; NaN along an axis of size 0.
  ///
  /// Traps on axes that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func mean(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: means(reduction))
  }

  /// The variance of all elements, Σ(x − mean)² / n; NaN without elements.
  public func variance() -> Scalar { Scalar(variances(Reduction(shape))[0]) }

  /// The variances along axes, Σ(x − mean)² / n, in two passes in double precision, as NumPy's
  /// `var`; NaN along an axis of size 0.
  ///
  /// Traps on axes that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func variance(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: variances(reduction))
  }

  /// The square root of ``variance()``.
  public func standardDeviation() -> Scalar { Scalar(variances(Reduction(shape))[0].squareRoot()) }

  /// The square roots of ``variance(along:keepDimensions:)``, as NumPy's `std`.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func standardDeviation(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions),
      rounding: variances(reduction).map { $0.squareRoot() })
  }

  private func sums(_ reduction: Reduction) -> [Double] {
    Scalar.self == Float.self
      ? Self.sums(viewed(as: Float.self), reduction)
      : Self.sums(viewed(as: Double.self), reduction)
  }

  private func means(_ reduction: Reduction) -> [Double] {
    sums(reduction).map { $0 / Double(reduction.count) }
  }

  private func variances(_ reduction: Reduction) -> [Double] {
    squares(reduction, from: means(reduction)).map { $0 / Double(reduction.count) }
  }

  func sumsOfSquares(_ reduction: Reduction) -> [Double] {
    squares(reduction, from: [Double](repeating: 0, count: reduction.kept.elementCount))
  }

  private func squares(_ reduction: Reduction, from means: [Double]) -> [Double] {
    Scalar.self == Float.self
      ? Self.squares(viewed(as: Float.self), reduction, from: means)
      : Self.squares(viewed(as: Double.self), reduction, from: means)
  }

  @inline(__always)
  private static func sums<Real: LoopScalar>(
    _ tensor: TensorOf<Real>, _ reduction: Reduction
  ) -> [Double] {
    tensor.read { reduction.sums(of: $0) }
  }

  @inline(__always)
  private static func squares<Real: LoopScalar>(
    _ tensor: TensorOf<Real>, _ reduction: Reduction, from means: [Double]
  ) -> [Double] {
    unsafe means.withUnsafeBufferPointer { means in
      guard let means = means.baseAddress else { return [] }
      return tensor.read { unsafe reduction.squares(of: $0, from: means) }
    }
  }

  init(shape: Shape, rounding numbers: [Double]) {
    if Scalar.self == Float.self {
      let rounded = TensorOf<Float>(writing: shape) { result in
        for index in result.indices { unsafe result.base[index] = Float(numbers[index]) }
      }
      self = rounded.viewed(as: Scalar.self)
    } else {
      self = DoubleTensor(shape: shape, elements: numbers).viewed(as: Scalar.self)
    }
  }
}
