extension Tensor {
  /// Tensors one behind the other along an axis: the sizes along it add up.
  ///
  /// Traps if there are none, or if their shapes differ along another axis. As NumPy's
  /// `concatenate`.
  ///
  /// - Parameter axis: Counts from the end if it is negative. Default: 0.
  public static func concatenate(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
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
    return Tensor(shape: shape) { result in
      var start = 0
      for tensor in tensors {
        let block = tensor.shape[axis] * inner
        tensor.read { source in
          for index in 0..<outer {
            let target = start + index * sizes[axis] * inner
            result[target..<target + block].copy(from: source[index * block..<(index + 1) * block])
          }
        }
        start += block
      }
    }
  }

  /// Tensors of one shape as the parts of a tensor with one more axis.
  ///
  /// Traps if there are none, or if their shapes differ. As NumPy's `stack`.
  ///
  /// - Parameter axis: The new axis; counts from the end of the result's axes if it is negative.
  ///   Default: 0.
  public static func stack(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { fatalError("stacking no tensors") }
    for tensor in tensors {
      require(tensor.shape == first.shape, "stacking shapes \(first.shape) and \(tensor.shape)")
    }
    let axis = axis < 0 ? axis + first.rank + 1 : axis
    return concatenate(tensors.map { $0.expanded(at: axis) }, along: axis)
  }
}
