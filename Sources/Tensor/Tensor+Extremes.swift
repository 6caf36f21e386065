extension Tensor {
  /// The largest element; NaN if one is NaN. Traps without elements.
  public func max() -> Float { maxima(Reduction(shape))[0] }

  /// The maxima along axes, NaN where an element is NaN, as NumPy's `max`.
  ///
  /// Traps on axes that the tensor does not have, and on axes of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func max(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
      shape: reduction.shape(keepDimensions: keepDimensions), elements: maxima(reduction))
  }

  /// The smallest element; NaN if one is NaN. Traps without elements.
  public func min() -> Float { minima(Reduction(shape))[0] }

  /// The minima along axes, NaN where an element is NaN, as NumPy's `min`.
  ///
  /// Traps on axes that the tensor does not have, and on axes of size 0.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: no.
  public func min(along axes: Axes, keepDimensions: Bool = false) -> Tensor {
    let reduction = Reduction(shape, along: axes)
    return Tensor(
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
    read { elements in
      var best = [Float](repeating: 0, count: inner)
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
    return positions
  }

  private func maxima(_ reduction: Reduction) -> [Float] {
    requireElements(reduction, "maximum")
    return read { reduction.winners(of: $0, from: -.infinity, Self.greater) }
  }

  private func minima(_ reduction: Reduction) -> [Float] {
    requireElements(reduction, "minimum")
    return read { reduction.winners(of: $0, from: .infinity, Self.smaller) }
  }

  private func requireElements(_ reduction: Reduction, _ name: StaticString) {
    require(
      reduction.count > 0 || reduction.kept.elementCount == 0,
      "the \(name) of no elements in shape \(shape)")
  }
}
