extension Shape {
  /// The broadcast shape: aligned at the last axis, sizes of 1 stretch to the other's. Nil if the
  /// sizes along an axis differ and neither is 1.
  package func broadcast(with other: Shape) -> Shape? {
    let rank = Swift.max(rank, other.rank)
    var sizes = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let (left, right) = (size(axis, of: rank), other.size(axis, of: rank))
      guard left == right || left == 1 || right == 1 else { return nil }
      sizes[axis] = left == 1 ? right : left
    }
    return Shape(sizes)
  }

  /// The size along an axis of the shape aligned at the last of `rank` axes.
  private func size(_ axis: Int, of rank: Int) -> Int {
    let own = axis - (rank - self.rank)
    return own < 0 ? 1 : self[own]
  }

  /// The strides that read this shape as the wider one: 0 along axes that repeat.
  func strides(stretchedTo wider: Shape) -> [Int] {
    let missing = wider.rank - rank
    var result = [Int](repeating: 0, count: missing) + strides
    for axis in 0..<rank where self[axis] == 1 { result[missing + axis] = 0 }
    return result
  }
}

extension TensorOf {
  /// The tensor with its elements repeated to fill a wider shape. Traps if the shapes do not fit.
  /// As NumPy's `broadcast_to`.
  public func broadcast(to wider: Shape) -> Self {
    require(shape.broadcast(with: wider) == wider, "broadcasting \(shape) to \(wider)")
    let pair = StridedPair(
      shape: wider, left: wider.strides, right: shape.strides(stretchedTo: wider))
    return Self(writing: wider) { result in
      read { unsafe pair.copy(to: result.base, from: $0.base) }
    }
  }

  /// Applies an operation to the pairs of elements of two tensors, of which either may stretch to
  /// the other's shape.
  @inline(__always)
  static func combine<Result>(
    _ left: Self, _ right: Self, _ name: StaticString, _ operation: (Scalar, Scalar) -> Result
  ) -> TensorOf<Result> {
    unsafe combine(left, right, name) { left, leftStep, right, rightStep, result, count in
      if leftStep == 0 {
        let value = unsafe left[0]
        for index in 0..<count { unsafe result[index] = unsafe operation(value, right[index]) }
      } else if rightStep == 0 {
        let value = unsafe right[0]
        for index in 0..<count { unsafe result[index] = unsafe operation(left[index], value) }
      } else {
        for index in 0..<count {
          unsafe result[index] = unsafe operation(left[index], right[index])
        }
      }
    }
  }

  /// Calls a function with the rows of two tensors, of which either may stretch to the other's
  /// shape, and the row of the result. Along a row, operands repeat one element or lie together
  /// (steps of 0 and 1).
  @inline(__always)
  static func combine<Result>(
    _ left: Self, _ right: Self, _ name: StaticString,
    _ row: (
      UnsafePointer<Scalar>, Int, UnsafePointer<Scalar>, Int, UnsafeMutablePointer<Result>, Int
    ) -> Void
  ) -> TensorOf<Result> {
    guard let shape = left.shape.broadcast(with: right.shape) else {
      stop(
        "\(name): shapes \(left.shape) and \(right.shape) do not fit", file: #fileID, line: #line)
    }
    let pair = StridedPair(
      shape: shape, left: left.shape.strides(stretchedTo: shape),
      right: right.shape.strides(stretchedTo: shape))
    let axis = pair.row
    return TensorOf<Result>(writing: shape) { result in
      left.read { left in
        right.read { right in
          var next = unsafe result.base
          for start in pair.rows {
            unsafe row(
              left.base + start.left, axis.left, right.base + start.right, axis.right, next,
              axis.size)
            unsafe next += axis.size
          }
        }
      }
    }
  }

  /// Calls a function with the rows of this tensor and of another, which may stretch to this one's
  /// shape.
  @inline(__always)
  mutating func combineInPlace(
    _ other: Self, _ name: StaticString,
    _ row: (UnsafeMutablePointer<Scalar>, UnsafePointer<Scalar>, StridedPair.Axis) -> Void
  ) {
    let shape = shape
    require(
      shape.broadcast(with: other.shape) == shape,
      "\(name)=: shape \(other.shape) does not fit into \(shape)")
    let pair = StridedPair(
      shape: shape, left: shape.strides, right: other.shape.strides(stretchedTo: shape))
    mutate { own in
      other.read { other in
        for start in pair.rows {
          unsafe row(own.base + start.left, other.base + start.right, pair.row)
        }
      }
    }
  }

  /// Applies a function to each element.
  @inline(__always)
  func apply<Result>(_ function: (Scalar) -> Result) -> TensorOf<Result> {
    TensorOf<Result>(writing: shape) { result in
      read { own in
        let (target, source) = unsafe (result.base, own.base)
        for index in 0..<own.count { unsafe target[index] = unsafe function(source[index]) }
      }
    }
  }
}
