extension TensorOf where Scalar: RealScalar {
  /// The largest element; NaN if one is NaN. Traps without elements.
  public func max() -> Scalar { extremes(Reduction(shape), isLargest: true).scalar }

  /// The maxima along axes, NaN where an element is NaN, as NumPy's `max`.
  ///
  /// Traps on axes that the tensor does not have, and on axes of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func max(along axes: Axes, keepDimensions: Bool = false) -> Self {
    extremes(Reduction(shape, along: axes), keepDimensions, isLargest: true)
  }

  /// The smallest element; NaN if one is NaN. Traps without elements.
  public func min() -> Scalar { extremes(Reduction(shape), isLargest: false).scalar }

  /// The minima along axes, NaN where an element is NaN, as NumPy's `min`.
  ///
  /// Traps on axes that the tensor does not have, and on axes of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func min(along axes: Axes, keepDimensions: Bool = false) -> Self {
    extremes(Reduction(shape, along: axes), keepDimensions, isLargest: false)
  }

  /// The row-major position of the first largest element, or of the first NaN. Traps without
  /// elements.
  public func argmax() -> Int { flattened().extremePositions(along: 0, isLargest: true)[0] }

  /// The positions along an axis of the first largest element, or of the first NaN, as NumPy's
  /// `argmax`.
  ///
  /// In row-major order of the other axes. Traps on an axis that the tensor does not have, and on
  /// one of size 0.
  ///
  /// - Parameter axis: Counts from the end if negative.
  public func argmax(along axis: Int) -> [Int] { extremePositions(along: axis, isLargest: true) }

  func extremePositions(along axis: Int, isLargest: Bool) -> [Int] {
    let (outer, size, inner) = shape.blocks(shape.axis(axis))
    require(
      size > 0 || outer * inner == 0,
      "the position of the \(isLargest ? "maximum" : "minimum") in shape \(shape)")
    guard inner == 1 else {
      // The lines as rows.
      let axis = shape.axis(axis)
      return transposed(shape.indices.filter { $0 != axis } + [axis])
        .extremePositions(along: -1, isLargest: isLargest)
    }
    guard size > 0 else { return [] }
    return Scalar.self == Float.self
      ? viewed(as: Float.self).extremePositions(ofRows: size, isLargest: isLargest)
      : viewed(as: Double.self).extremePositions(ofRows: size, isLargest: isLargest)
  }

  private func extremes(
    _ reduction: Reduction, _ keepDimensions: Bool = false, isLargest: Bool
  ) -> Self {
    require(
      reduction.count > 0 || reduction.kept.elementCount == 0,
      "the \(isLargest ? "maximum" : "minimum") of no elements in shape \(shape)")
    let result = reduction.shape(keepDimensions: keepDimensions)
    if Scalar.self == Float.self {
      let found = viewed(as: Float.self).read { reduction.extremes(of: $0, isLargest: isLargest) }
      return Tensor(shape: result, elements: found).viewed(as: Scalar.self)
    }
    let found = viewed(as: Double.self).read { reduction.extremes(of: $0, isLargest: isLargest) }
    return DoubleTensor(shape: result, elements: found).viewed(as: Scalar.self)
  }
}

extension TensorOf where Scalar: ElementaryScalar {
  /// Of rows in parts, of which the one with the extreme is searched while it is in the cache.
  @inline(__always)
  fileprivate func extremePositions(ofRows size: Int, isLargest: Bool) -> [Int] {
    let part = 2_048
    return read { elements in
      stride(from: 0, to: elements.count, by: size).map { start in
        let row = unsafe elements.base + start
        var (best, found) = unsafe (row[0], 0)
        for first in stride(from: 0, to: size, by: part) {
          let length = Swift.min(part, size - first)
          let next =
            unsafe isLargest
            ? Scalar.largest(row + first, count: length)
            : Scalar.smallest(row + first, count: length)
          guard next.isNaN || (isLargest ? next > best : next < best) else { continue }
          (best, found) = (next, first)
          if next.isNaN { break }
        }
        let length = Swift.min(part, size - found)
        return unsafe found + Scalar.first(best, in: row + found, count: length)
      }
    }
  }
}
