extension TensorOf {
  /// The same elements with another shape, as NumPy's `reshape`.
  ///
  /// One size may be −1 and follows from the others. Traps if the number of elements differs.
  public func reshaped(to target: Shape) -> Self {
    let failure = "reshaping \(shape) to \(target)"
    var sizes = target.dimensions
    if let free = sizes.firstIndex(of: -1) {
      sizes[free] = 1
      let rest = Shape(sizes).elementCount
      require(rest > 0 && count % rest == 0, failure)
      sizes[free] = count / rest
    }
    let result = Shape(sizes)
    require(result.allSatisfy { $0 >= 0 } && result.elementCount == count, failure)
    return Self(self, shape: result)
  }

  /// The elements along one axis.
  public func flattened() -> Self { Self(self, shape: [count]) }

  /// The tensor with its axes in reverse order.
  public func transposed() -> Self { transposed((0..<rank).reversed()) }

  /// The tensor with its axes permuted, as NumPy's `transpose`: axis i of the result is axis
  /// `order[i]`.
  ///
  /// Negative numbers count from the end. Traps unless every axis occurs once.
  public func transposed(_ order: [Int]) -> Self {
    let axes = order.map { shape.axis($0) }
    require(
      order.count == rank && Set(axes).count == rank,
      "the order \(order) for the axes of shape \(shape)")
    let (strides, result) = (shape.strides, Shape(axes.map { shape[$0] }))
    let pair = StridedPair(
      shape: result, left: result.strides, right: axes.map { strides[$0] })
    return Self(writing: result) { target in
      read { unsafe pair.copy(to: target.base, from: $0.base) }
    }
  }

  /// The tensor without the axes of size 1.
  public func squeezed() -> Self { Self(self, shape: Shape(shape.filter { $0 != 1 })) }

  /// The tensor without the given axes, as NumPy's `squeeze`. Traps unless their sizes are 1.
  public func squeezed(_ axes: Axes) -> Self {
    let marks = axes.marked(in: shape)
    for axis in shape.indices where marks[axis] {
      require(shape[axis] == 1, "axis \(axis) of shape \(shape) does not have size 1")
    }
    return Self(self, shape: Shape(shape.indices.filter { !marks[$0] }.map { shape[$0] }))
  }

  /// The tensor with an axis of size 1 inserted as axis `axis` of the result, as NumPy's
  /// `expand_dims`.
  ///
  /// Negative numbers count from the end of the result's axes. Traps outside them.
  public func expanded(at axis: Int) -> Self {
    require(axis >= -rank - 1 && axis <= rank, "a new axis \(axis) of shape \(shape)")
    var sizes = shape.dimensions
    sizes.insert(1, at: axis < 0 ? axis + rank + 1 : axis)
    return Self(self, shape: Shape(sizes))
  }
}

extension TensorOf {
  /// Concatenates tensors along an axis, as NumPy's `concatenate`.
  ///
  /// Traps if there are none, or if their shapes differ along another axis.
  ///
  /// - Parameter axis: Counts from the end if negative. Default: 0.
  public static func concatenate(_ tensors: [Self], along axis: Int = 0) -> Self {
    guard let first = tensors.first else { fatalError("concatenating no tensors") }
    let axis = first.shape.axis(axis)
    var sizes = first.shape.dimensions
    sizes[axis] = 0
    for tensor in tensors {
      require(
        tensor.rank == first.rank
          && first.shape.indices.allSatisfy { $0 == axis || tensor.shape[$0] == first.shape[$0] },
        "concatenating shapes \(first.shape) and \(tensor.shape) along axis \(axis)")
      sizes[axis] += tensor.shape[axis]
    }
    let shape = Shape(sizes)
    let inner = sizes[(axis + 1)...].reduce(1, *)
    let outer = sizes[..<axis].reduce(1, *)
    return Self(writing: shape) { result in
      if tensors.count == 2, inner == 1, tensors.allSatisfy({ $0.shape[axis] == 1 }),
        MemoryLayout<Scalar>.stride == 4
      {
        return tensors[0].read { first in
          tensors[1].read { ElementBits.interleave(result, first, $0) }
        }
      }
      var start = 0
      for tensor in tensors {
        let block = tensor.shape[axis] * inner
        let pair = StridedPair(
          shape: [outer, block], left: [sizes[axis] * inner, 1], right: [block, 1])
        tensor.read { unsafe pair.copy(to: result.base + start, from: $0.base) }
        start += block
      }
    }
  }

  /// Stacks tensors of equal shape along a new axis, as NumPy's `stack`.
  ///
  /// Traps if there are none, or if their shapes differ.
  ///
  /// - Parameter axis: The new axis; counts from the end of the result's axes if negative.
  ///   Default: 0.
  public static func stack(_ tensors: [Self], along axis: Int = 0) -> Self {
    guard let first = tensors.first else { fatalError("stacking no tensors") }
    for tensor in tensors {
      require(tensor.shape == first.shape, "stacking shapes \(first.shape) and \(tensor.shape)")
    }
    let axis = axis < 0 ? axis + first.rank + 1 : axis
    return concatenate(tensors.map { $0.expanded(at: axis) }, along: axis)
  }
}
