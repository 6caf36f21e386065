extension TensorOf where Scalar: RealScalar {
  /// The largest element; NaN if one is NaN. Traps without elements.
  public func max() -> Scalar { maxima(Reduction(shape))[0] }

  /// The maxima along axes, NaN where an element is NaN, as NumPy's `max`.
  ///
  /// Traps on axes that the tensor does not have, and on axes of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func max(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions), elements: maxima(reduction))
  }

  /// The smallest element; NaN if one is NaN. Traps without elements.
  public func min() -> Scalar { minima(Reduction(shape))[0] }

  /// The minima along axes, NaN where an element is NaN, as NumPy's `min`.
  ///
  /// Traps on axes that the tensor does not have, and on axes of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func min(along axes: Axes, keepDimensions: Bool = false) -> Self {
    let reduction = Reduction(shape, along: axes)
    return Self(
      shape: reduction.shape(keepDimensions: keepDimensions), elements: minima(reduction))
  }

  /// The row-major position of the first largest element, or of the first NaN. Traps without
  /// elements.
  public func argmax() -> Int { flattened().argmax(along: 0)[0] }

  /// The positions along an axis of the first largest element, or of the first NaN, as NumPy's
  /// `argmax`.
  ///
  /// In row-major order of the other axes. Traps on an axis that the tensor does not have, and on
  /// one of size 0.
  ///
  /// - Parameter axis: Counts from the end if negative.
  public func argmax(along axis: Int) -> [Int] {
    let axis = shape.axis(axis)
    let (size, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    let outer = shape[..<axis].reduce(1, *)
    require(size > 0 || outer * inner == 0, "the position of the maximum in shape \(shape)")
    var positions = [Int](repeating: 0, count: outer * inner)
    guard size > 0 else { return positions }
    if Scalar.self == Float.self {
      viewed(as: Float.self).findLargest(&positions, size: size, inner: inner, outer: outer)
    } else {
      viewed(as: Double.self).findLargest(&positions, size: size, inner: inner, outer: outer)
    }
    return positions
  }

  private func maxima(_ reduction: Reduction) -> [Scalar] {
    requireElements(reduction, "maximum")
    return extremes(reduction, isLargest: true)
  }

  private func minima(_ reduction: Reduction) -> [Scalar] {
    requireElements(reduction, "minimum")
    return extremes(reduction, isLargest: false)
  }

  private func extremes(_ reduction: Reduction, isLargest: Bool) -> [Scalar] {
    if Scalar.self == Float.self {
      let own = viewed(as: Float.self)
      return own.read { reduction.extremes(of: $0, isLargest: isLargest) }.map { Scalar($0) }
    }
    let own = viewed(as: Double.self)
    return own.read { reduction.extremes(of: $0, isLargest: isLargest) }.map { Scalar($0) }
  }

  private func requireElements(_ reduction: Reduction, _ name: StaticString) {
    require(
      reduction.count > 0 || reduction.kept.elementCount == 0,
      "the \(name) of no elements in shape \(shape)")
  }
}

extension TensorOf where Scalar: ElementaryScalar {
  @inline(__always)
  fileprivate func findLargest(_ positions: inout [Int], size: Int, inner: Int, outer: Int) {
    read { elements in
      if inner == 1 {
        for block in 0..<outer {
          let row = elements.base + block * size
          positions[block] = Scalar.first(
            Scalar.largest(row, count: size), in: row, count: size)
        }
        return
      }
      var best = [Scalar](repeating: 0, count: inner)
      for block in 0..<outer {
        for position in 0..<size {
          let row = elements.base + (block * size + position) * inner
          for column in 0..<inner {
            let next = row[column]
            guard position == 0 || next > best[column] || next.isNaN && !best[column].isNaN else {
              continue
            }
            best[column] = next
            positions[block * inner + column] = position
          }
        }
      }
    }
  }
}
