/// A triangle of a matrix, including the diagonal.
public enum Triangle: Sendable {
  case lower, upper
}

extension TensorOf {
  /// The tensor with zeros outside one triangle of its last two axes, as NumPy's `tril` and `triu`.
  ///
  /// Traps on fewer than two axes.
  ///
  /// - Parameters:
  ///   - triangle: The triangle that is kept.
  ///   - offset: The diagonal that bounds it: above the main one if positive. Default: 0.
  public func triangle(_ triangle: Triangle, offset: Int = 0) -> Self {
    require(rank >= 2, "a triangle of shape \(shape)")
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    return Self(shape: shape) { result in
      read { own in
        for row in 0..<count / Swift.max(1, columns) {
          let i = row % rows
          let border = Swift.min(
            Swift.max(triangle == .lower ? i + offset + 1 : i + offset, 0), columns)
          let kept = triangle == .lower ? 0..<border : border..<columns
          let start = row * columns + kept.lowerBound
          unsafe (result.base + start).update(from: own.base + start, count: kept.count)
        }
      }
    }
  }

  /// The diagonals of the last two axes, (…, min(m, n)), as NumPy's `diagonal`. Traps on fewer than
  /// two axes.
  public func diagonal() -> Self {
    require(rank >= 2, "the diagonal of shape \(shape)")
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let length = Swift.min(rows, columns)
    let stack = Array(shape.dropLast(2))
    let strides = Array(shape.strides.dropLast(2)) + [columns + 1]
    let result = Shape(stack + [length])
    let pair = StridedPair(shape: result, left: result.strides, right: strides)
    return Self(writing: result) { target in
      read { unsafe pair.copy(to: target.base, from: $0.base) }
    }
  }
}
