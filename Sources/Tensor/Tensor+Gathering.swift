internal import CPinionKernels

extension TensorOf {
  /// The parts at positions along an axis, as NumPy's `take`: shapes (…, n, …) and (k…) give
  /// (…, k…, …).
  ///
  /// Traps on an axis that the tensor does not have, and on positions outside it.
  ///
  /// - Parameters:
  ///   - positions: Negative ones count from the end.
  ///   - axis: Counts from the end if negative. Default: 0.
  public func gathered(_ positions: IndexTensor, along axis: Int = 0) -> Self {
    let axis = shape.axis(axis)
    let (outer, size, inner) = shape.blocks(axis)
    let positions = positions.wrapped(to: size, of: shape, axis)
    let result = Shape(
      Array(shape[..<axis]) + positions.shape.dimensions + Array(shape[(axis + 1)...]))
    return Self(writing: result) { target in
      read { own in
        positions.read {
          ElementBits.gather(target, own, $0, outer: outer, size: size, inner: inner)
        }
      }
    }
  }

  /// The elements at positions along an axis that differ from one line to the next, as NumPy's
  /// `take_along_axis`: result[…, i, …] = self[…, positions[…, i, …], …].
  ///
  /// Traps unless the positions' shape is the tensor's except along the axis, and on positions
  /// outside it.
  ///
  /// - Parameters:
  ///   - positions: Such as those of ``argsort(along:descending:)``. Negative ones count from the
  ///     end.
  ///   - axis: Counts from the end if negative.
  public func taken(_ positions: IndexTensor, along axis: Int) -> Self {
    let axis = shape.axis(axis)
    requireLines(positions.shape, axis)
    let (_, size, inner) = shape.blocks(axis)
    let positions = positions.wrapped(to: size, of: shape, axis)
    return Self(writing: positions.shape) { target in
      read { own in
        positions.read {
          ElementBits.take(
            target, own, $0, size: size, length: Swift.max(1, positions.shape[axis]), inner: inner)
        }
      }
    }
  }

  /// Writes elements to positions along an axis, as NumPy's `put_along_axis`: self[…,
  /// positions[…, i, …], …] = values[…, i, …]. Of equal positions the last one counts.
  ///
  /// Traps unless the positions' shape is the tensor's except along the axis, `values` broadcast to
  /// it, and the positions are on the axis.
  public mutating func scatter(_ values: Self, to positions: IndexTensor, along axis: Int) {
    if Scalar.self == Float.self {
      let values = values.viewed(as: Float.self)
      mutateViewed(as: Float.self) { unsafe $0.scatter(values, to: positions, along: axis) { $1 } }
    } else {
      unsafe scatter(values, to: positions, along: axis) { $1 }
    }
  }

  fileprivate func requireLines(_ lines: Shape, _ axis: Int) {
    require(
      lines.rank == rank && shape.indices.allSatisfy { $0 == axis || lines[$0] == shape[$0] },
      "positions of shape \(lines) along axis \(axis) of shape \(shape)")
  }

  /// Combines values with the elements at positions: values, positions, their number, elements.
  fileprivate typealias LineKernel = (
    UnsafePointer<Scalar>?, UnsafePointer<Int32>?, Int, UnsafeMutablePointer<Scalar>?
  ) -> Void

  @inline(__always)
  fileprivate mutating func scatter(
    _ values: Self, to positions: IndexTensor, along axis: Int,
    lines kernel: LineKernel? = nil, _ join: (_ old: Scalar, _ new: Scalar) -> Scalar
  ) {
    let axis = shape.axis(axis)
    requireLines(positions.shape, axis)
    let (_, size, inner) = shape.blocks(axis)
    let positions = positions.wrapped(to: size, of: shape, axis)
    let values =
      values.shape == positions.shape ? values : values.broadcast(to: positions.shape)
    let length = Swift.max(1, positions.shape[axis])
    mutate { own in
      values.read { values in
        positions.read { positions in
          for block in 0..<positions.count / Swift.max(1, length * inner) {
            let (start, first) = unsafe (own.base + block * size * inner, block * length * inner)
            if inner == 1, let kernel = unsafe kernel {
              unsafe kernel(values.base + first, positions.base + first, length, start)
              continue
            }
            for row in 0..<length {
              let line = first + row * inner
              for column in 0..<inner {
                let index = line &+ column
                let target = unsafe start + (Int(positions.base[index]) &* inner &+ column)
                unsafe target.pointee = unsafe join(target.pointee, values.base[index])
              }
            }
          }
        }
      }
    }
  }
}

extension TensorOf where Scalar: RealScalar {
  /// Adds elements at positions along an axis: self[…, positions[…, i, …], …] += values[…, i, …],
  /// equal positions one after another.
  ///
  /// Traps unless the positions' shape is the tensor's except along the axis, `values` broadcast to
  /// it, and the positions are on the axis.
  public mutating func scatterAdd(_ values: Self, to positions: IndexTensor, along axis: Int) {
    if Scalar.self == Float.self {
      let values = values.viewed(as: Float.self)
      mutateViewed(as: Float.self) {
        unsafe $0.scatter(values, to: positions, along: axis, lines: pinion_scatter_add_float, +)
      }
    } else {
      let values = values.viewed(as: Double.self)
      mutateViewed(as: Double.self) { unsafe $0.scatter(values, to: positions, along: axis, +) }
    }
  }
}

extension Shape {
  /// The shape as three axes: those before an axis, the axis, those after it.
  func blocks(_ axis: Int) -> (outer: Int, size: Int, inner: Int) {
    (self[..<axis].reduce(1, *), self[axis], self[(axis + 1)...].reduce(1, *))
  }
}

extension IndexTensor {
  /// The positions in 0..<size. Traps on others than -size..<size.
  fileprivate func wrapped(to size: Int, of shape: Shape, _ axis: Int) -> IndexTensor {
    guard count > 0 else { return self }
    let range = read { view in
      var (least, greatest): (Int32, Int32) = (0, 0)
      unsafe pinion_range_int32(view.base, view.count, &least, &greatest)
      return (least: Int(least), greatest: Int(greatest))
    }
    guard range.least < 0 || range.greatest >= size else { return self }
    require(
      range.least >= -size && range.greatest < size,
      "positions \(range.least)...\(range.greatest) on axis \(axis) of shape \(shape)")
    return apply { $0 < 0 ? $0 + Int32(size) : $0 }
  }
}
