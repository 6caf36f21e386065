extension Tensor {
  /// The sum of all elements in double precision; 0 without elements.
  public func sum() -> Float { Float(sums(Reduction(shape))[0]) }

  /// The sums along axes in double precision, as NumPy's `sum`; 0 along an axis of size 0.
  ///
  /// Traps on axes that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func sum(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: sums(reduction))
  }

  /// The mean of all elements; NaN without elements.
  public func mean() -> Float { Float(means(Reduction(shape))[0]) }

  /// The means along axes in double precision, as NumPy's `mean`; NaN along an axis of size 0.
  ///
  /// Traps on axes that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func mean(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: means(reduction))
  }

  /// The variance of all elements, Σ(x − mean)² / n; NaN without elements.
  public func variance() -> Float { Float(variances(Reduction(shape))[0]) }

  /// The variances along axes, Σ(x − mean)² / n, in two passes in double precision, as NumPy's
  /// `var`; NaN along an axis of size 0.
  ///
  /// Traps on axes that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func variance(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: variances(reduction))
  }

  /// The square root of ``variance()``.
  public func standardDeviation() -> Float { Float(variances(Reduction(shape))[0].squareRoot()) }

  /// The square roots of ``variance(along:keepDimensions:)``, as NumPy's `std`.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func standardDeviation(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions),
      rounding: variances(reduction).map { $0.squareRoot() })
  }

  private func sums(_ reduction: Reduction) -> [Double] {
    read { view in reduction.sums(of: view) { element, _ in Double(element) } }
  }

  private func means(_ reduction: Reduction) -> [Double] {
    sums(reduction).map { $0 / Double(reduction.count) }
  }

  private func variances(_ reduction: Reduction) -> [Double] {
    let means = means(reduction)
    let squares = read { view in
      reduction.sums(of: view) { element, result in
        let distance = Double(element) - means[result]
        return distance * distance
      }
    }
    return squares.map { $0 / Double(reduction.count) }
  }

  private init(shape: Shape, rounding numbers: [Double]) {
    self.init(shape: shape) { view in
      for (index, number) in numbers.enumerated() { view[index] = Float(number) }
    }
  }
}
