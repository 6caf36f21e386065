extension TensorOf {
  /// The element at a position: `image[row, column, channel]`. Traps unless there is one index for
  /// each axis, within its size.
  public subscript(_ indices: Int...) -> Scalar {
    get {
      let offset = offset(of: indices)
      return read { $0[offset] }
    }
    set {
      let offset = offset(of: indices)
      mutate { $0[offset] = newValue }
    }
  }

  private func offset(of indices: [Int]) -> Int {
    require(indices.count == rank, "position \(indices) in shape \(shape)")
    var offset = 0
    for (axis, index) in indices.enumerated() {
      require(index >= 0 && index < shape[axis], "position \(indices) in shape \(shape)")
      offset = offset * shape[axis] + index
    }
    return offset
  }

  /// A part of the tensor: `batch[0..<10]`, `image[0..., 2..<4]`, `matrix[0..., 3]`,
  /// `row[stride(from: 8, through: 0, by: -2)]`.
  ///
  /// A range or a stride keeps its axis and a position drops it; further axes are taken whole.
  /// Assigned tensors are broadcast to the part's shape. Traps if there are more selectors than
  /// axes, a selector is outside its axis, or the assigned shape does not fit.
  public subscript(_ selectors: any AxisSelector...) -> Self {
    get { self[selectors: selectors] }
    set { self[selectors: selectors] = newValue }
  }

  /// The subscript for a number of selectors that is not known at compile time.
  subscript(selectors selectors: [any AxisSelector]) -> Self {
    get {
      let part = part(selectors)
      let pair = StridedPair(
        shape: part.shape, left: part.shape.strides, right: part.strides)
      return Self(writing: part.shape) { result in
        read { unsafe pair.copy(to: result.base, from: $0.base + part.offset) }
      }
    }
    set {
      let part = part(selectors)
      require(
        newValue.shape.broadcast(with: part.shape) == part.shape,
        "assigning shape \(newValue.shape) to a part of shape \(part.shape)")
      let pair = StridedPair(
        shape: part.shape, left: part.strides,
        right: newValue.shape.strides(stretchedTo: part.shape))
      mutate { target in
        newValue.read { unsafe pair.copy(to: target.base + part.offset, from: $0.base) }
      }
    }
  }

  private func part(
    _ selectors: [any AxisSelector]
  ) -> (shape: Shape, strides: [Int], offset: Int) {
    require(selectors.count <= rank, "\(selectors.count) selectors for shape \(shape)")
    let all = shape.strides
    var (sizes, strides, offset): ([Int], [Int], Int) = ([], [], 0)
    for axis in shape.indices {
      let size = shape[axis]
      let selection =
        axis < selectors.count
        ? selectors[axis].selection(ofSize: size)
        : AxisSelection(positions: 0..<size, keepsAxis: true)
      let positions = selection.positions
      require(
        positions.lowerBound >= 0 && positions.upperBound <= size,
        "positions \(positions) on axis \(axis) of shape \(shape)")
      offset += selection.first * all[axis]
      guard selection.keepsAxis else { continue }
      sizes.append(selection.count)
      strides.append(all[axis] * selection.step)
    }
    return (Shape(sizes), strides, offset)
  }
}
