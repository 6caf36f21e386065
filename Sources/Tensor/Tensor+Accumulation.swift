extension TensorOf where Scalar: RealScalar {
  /// The sums of the elements up to each one along an axis, as NumPy's `cumsum`, one after another
  /// in the elements' precision. Traps on an axis that the tensor does not have.
  public func cumulativeSum(along axis: Int) -> Self {
    Scalar.self == Float.self
      ? viewed(as: Float.self).accumulated(axis, +).viewed(as: Scalar.self)
      : viewed(as: Double.self).accumulated(axis, +).viewed(as: Scalar.self)
  }

  /// The products of the elements up to each one along an axis, as NumPy's `cumprod`. Traps on an
  /// axis that the tensor does not have.
  public func cumulativeProduct(along axis: Int) -> Self {
    Scalar.self == Float.self
      ? viewed(as: Float.self).accumulated(axis, *).viewed(as: Scalar.self)
      : viewed(as: Double.self).accumulated(axis, *).viewed(as: Scalar.self)
  }

  @inline(__always)
  private func accumulated(_ axis: Int, _ join: (Scalar, Scalar) -> Scalar) -> Self {
    let (outer, size, inner) = shape.blocks(shape.axis(axis))
    return Self(writing: shape) { result in
      guard count > 0 else { return }
      read { own in
        for block in 0..<outer {
          let (source, target) = unsafe (
            own.base + block * size * inner, result.base + block * size * inner
          )
          if inner == 1 {
            var total = unsafe source[0]
            unsafe target[0] = total
            for index in 1..<size {
              total = unsafe join(total, source[index])
              unsafe target[index] = total
            }
          } else {
            unsafe target.update(from: source, count: inner)
            for row in 1..<size {
              let (before, next) = unsafe (target + (row - 1) * inner, source + row * inner)
              let line = unsafe target + row * inner
              for index in 0..<inner {
                unsafe line[index] = unsafe join(before[index], next[index])
              }
            }
          }
        }
      }
    }
  }
}

extension TensorOf where Scalar: RealScalar {
  /// The product of all elements in double precision; 1 without elements.
  public func product() -> Scalar { Scalar(products(Reduction(shape))[0]) }

  /// The products along axes in double precision, as NumPy's `prod`; 1 along an axis of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func product(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions), rounding: products(reduction))
  }

  private func products(_ reduction: Reduction) -> [Double] {
    if Scalar.self == Float.self {
      let own = viewed(as: Float.self)
      return own.read { reduction.products(of: $0) }
    }
    let own = viewed(as: Double.self)
    return own.read { reduction.products(of: $0) }
  }

  /// The Euclidean norm of all elements, √Σx².
  public func norm() -> Scalar { Scalar(sumsOfSquares(Reduction(shape))[0].squareRoot()) }

  /// The Euclidean norms along axes, as NumPy's `vector_norm`.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func norm(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions),
      rounding: sumsOfSquares(reduction).map { $0.squareRoot() })
  }

  /// The row-major position of the first smallest element, or of the first NaN. Traps without
  /// elements.
  public func argmin() -> Int { flattened().extremePositions(along: 0, isLargest: false)[0] }

  /// The positions along an axis of the first smallest element, or of the first NaN, as NumPy's
  /// `argmin`, in row-major order of the other axes.
  ///
  /// - Parameter axis: Counts from the end if negative.
  public func argmin(along axis: Int) -> [Int] { extremePositions(along: axis, isLargest: false) }
}
