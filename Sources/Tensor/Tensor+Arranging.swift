extension TensorOf {
  /// The parts of equal size along an axis, as NumPy's `split`. Traps on an axis that the tensor
  /// does not have, and unless its size is a multiple of `count`.
  ///
  /// - Parameter axis: Counts from the end if negative. Default: 0.
  public func split(into count: Int, along axis: Int = 0) -> [Self] {
    let size = shape[shape.axis(axis)]
    require(
      count > 0 && size % count == 0, "\(count) equal parts along axis \(axis) of shape \(shape)")
    return split(at: (1..<count).map { $0 * (size / count) }, along: axis)
  }

  /// The parts along an axis between ascending positions, as NumPy's `split`. Traps on an axis that
  /// the tensor does not have, and on positions outside it or out of order.
  ///
  /// - Parameter axis: Counts from the end if negative. Default: 0.
  public func split(at positions: [Int], along axis: Int = 0) -> [Self] {
    let axis = shape.axis(axis)
    let borders = [0] + positions + [shape[axis]]
    return zip(borders, borders.dropFirst()).map { start, end in
      require(
        start >= 0 && start <= end, "split at \(positions) along axis \(axis) of shape \(shape)")
      return self[selectors: Array(repeating: 0..., count: axis) + [start..<end]]
    }
  }

  /// The tensor padded with constant elements, as NumPy's `pad`. Traps unless there is one pair of
  /// counts for each axis, not negative.
  ///
  /// - Parameters:
  ///   - widths: The numbers of elements before and after each axis.
  ///   - value: Their value.
  public func padded(_ widths: [(before: Int, after: Int)], with value: Scalar) -> Self {
    require(
      widths.count == rank && widths.allSatisfy { $0.before >= 0 && $0.after >= 0 },
      "padding \(widths) for shape \(shape)")
    let result = Shape(
      zip(shape, widths).map { size, width in
        let (padded, overflow) = size.addingReportingOverflow(width.before)
        let (sum, overflows) = padded.addingReportingOverflow(width.after)
        require(!overflow && !overflows, "padding \(widths) for shape \(shape)")
        return sum
      })
    return Self(writing: result) { target in
      read { own in
        var (next, source) = unsafe (target.base, own.base)
        unsafe pad(&next, &source, axis: 0, widths, result, with: value)
      }
    }
  }

  /// Writes a part of the padded tensor of a shape, from an axis on, and advances both pointers.
  private func pad(
    _ target: inout UnsafeMutablePointer<Scalar>, _ source: inout UnsafeMutablePointer<Scalar>,
    axis: Int, _ widths: [(before: Int, after: Int)], _ result: Shape, with value: Scalar
  ) {
    let last = axis >= rank - 1
    let part = last ? 1 : result[(axis + 1)...].reduce(1, *)
    let (before, after) = rank == 0 ? (0, 0) : widths[axis]
    unsafe target.update(repeating: value, count: before * part)
    unsafe target += before * part
    if last {
      let size = rank == 0 ? 1 : shape[axis]
      unsafe target.update(from: source, count: size)
      unsafe target += size
      unsafe source += size
    } else {
      for _ in 0..<shape[axis] {
        unsafe pad(&target, &source, axis: axis + 1, widths, result, with: value)
      }
    }
    unsafe target.update(repeating: value, count: after * part)
    unsafe target += after * part
  }

  /// The tensor repeated as a whole along each axis, as NumPy's `tile`. Traps unless there is one
  /// count for each axis, not negative.
  public func tiled(_ counts: [Int]) -> Self {
    require(
      counts.count == rank && counts.allSatisfy { $0 >= 0 }, "tiling shape \(shape) \(counts)")
    let interleaved = zip(counts, shape).flatMap { [$0, $1] }
    let ones = Shape(shape.flatMap { [1, $0] })
    let result = Shape(zip(shape, counts).map(Self.size(of:repeated:)))
    return Self(self, shape: ones).broadcast(to: Shape(interleaved)).reshaped(to: result)
  }

  private static func size(of size: Int, repeated times: Int) -> Int {
    let (product, overflow) = size.multipliedReportingOverflow(by: times)
    require(!overflow, "repeating \(size) elements \(times) times")
    return product
  }

  /// Each element repeated along an axis, as NumPy's `repeat`. Traps on an axis that the tensor
  /// does not have and on a negative count.
  public func repeated(_ times: Int, along axis: Int) -> Self {
    let axis = shape.axis(axis)
    require(times >= 0, "repeating elements \(times) times")
    var (wide, result) = (shape.dimensions, shape.dimensions)
    wide.insert(times, at: axis + 1)
    result[axis] = Self.size(of: shape[axis], repeated: times)
    return expanded(at: axis + 1).broadcast(to: Shape(wide)).reshaped(to: Shape(result))
  }

  /// The tensor with the order of elements reversed along axes, as NumPy's `flip`. Traps on axes
  /// that it does not have.
  public func flipped(along axes: Axes) -> Self {
    let marks = axes.marked(in: shape)
    return self[selectors: shape.indices.map { AxisSlice(by: marks[$0] ? -1 : 1) }]
  }

  /// The tensor with its elements shifted cyclically along an axis, as NumPy's `roll`. Traps on an
  /// axis that it does not have.
  ///
  /// - Parameter shift: Towards the end if positive.
  public func rolled(by shift: Int, along axis: Int) -> Self {
    let axis = shape.axis(axis)
    let size = shape[axis]
    guard size > 1 else { return self }
    let (outer, _, inner) = shape.blocks(axis)
    let (block, shifted) = (size * inner, ((shift % size + size) % size) * inner)
    return Self(writing: shape) { result in
      read { own in
        for start in stride(from: 0, to: outer * block, by: Swift.max(1, block)) {
          let (target, source) = unsafe (result.base + start, own.base + start)
          unsafe (target + shifted).update(from: source, count: block - shifted)
          unsafe target.update(from: source + (block - shifted), count: shifted)
        }
      }
    }
  }

  /// Applies a function to each part along an axis, in order, and stacks the results along that
  /// axis. Traps if there are no parts or the results differ in shape. As JAX's `vmap` without
  /// tracing.
  ///
  /// - Parameter axis: Counts from the end if negative. Default: 0.
  public func map<Result>(
    along axis: Int = 0, _ transform: (Self) throws -> TensorOf<Result>
  ) rethrows -> TensorOf<Result> {
    let axis = shape.axis(axis)
    let parts = try (0..<shape[axis]).map { position in
      try transform(self[selectors: Array(repeating: 0..., count: axis) + [position]])
    }
    return TensorOf<Result>.stack(parts, along: axis)
  }
}

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
    // Farther diagonals bound the same triangle.
    let offset = Swift.min(Swift.max(offset, -rows), columns)
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
