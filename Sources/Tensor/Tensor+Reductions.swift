extension Tensor {
  /// The sum of all elements, added in double precision: 0 if there are none.
  public func sum() -> Float { Float(sums(Reduction(shape))[0]) }

  /// The sums along some axes, added in double precision: 0 where there are no elements.
  ///
  /// Traps on axes that the tensor does not have. As NumPy's `sum`.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative ones count from the end.
  ///   - keepDimensions: Whether the axes stay, with size 1. Default: they go.
  public func sum(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: sums(reduction))
  }

  /// The mean of all elements: NaN if there are none.
  public func mean() -> Float { Float(means(Reduction(shape))[0]) }

  /// The means along some axes: NaN where there are no elements.
  ///
  /// Traps on axes that the tensor does not have. As NumPy's `mean`, in double precision.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative ones count from the end.
  ///   - keepDimensions: Whether the axes stay, with size 1. Default: they go.
  public func mean(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: means(reduction))
  }

  /// The variance of all elements, Σ(x − mean)² / n: NaN if there are none.
  public func variance() -> Float { Float(variances(Reduction(shape))[0]) }

  /// The variances along some axes, Σ(x − mean)² / n: NaN where there are no elements.
  ///
  /// Traps on axes that the tensor does not have. As NumPy's `var`, in double precision and two
  /// passes.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative ones count from the end.
  ///   - keepDimensions: Whether the axes stay, with size 1. Default: they go.
  public func variance(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: variances(reduction))
  }

  /// The standard deviation of all elements, the root of ``variance()``: NaN if there are none.
  public func standardDeviation() -> Float { Float(variances(Reduction(shape))[0].squareRoot()) }

  /// The standard deviations along some axes, the roots of the variances: NaN where there are no
  /// elements.
  ///
  /// Traps on axes that the tensor does not have. As NumPy's `std`, in double precision.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative ones count from the end.
  ///   - keepDimensions: Whether the axes stay, with size 1. Default: they go.
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
