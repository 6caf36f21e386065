extension TensorOf where Scalar: Comparable {
  /// The elements in order along an axis, NaN behind all others, as NumPy's `sort`.
  ///
  /// Traps on an axis that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axis: Counts from the end if negative. Default: the last.
  ///   - descending: The reverse order. Default: no.
  public func sorted(along axis: Int = -1, descending: Bool = false) -> Self {
    let (rows, order) = linesAsRows(axis)
    let sorted =
      Scalar.self == Float.self
      ? rows.viewed(as: Float.self).rowsSorted(descending).viewed(as: Scalar.self)
      : Scalar.self == Double.self
        ? rows.viewed(as: Double.self).rowsSorted(descending).viewed(as: Scalar.self)
        : rows.viewed(as: Int32.self).rowsSorted(descending).viewed(as: Scalar.self)
    return order.map { sorted.transposed($0) } ?? sorted
  }

  /// The positions along an axis of the elements in order; equal ones keep theirs. As NumPy's
  /// stable `argsort`.
  ///
  /// Traps on an axis that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axis: Counts from the end if negative. Default: the last.
  ///   - descending: The largest first, NaN before all others. Default: no.
  public func argsort(along axis: Int = -1, descending: Bool = false) -> IndexTensor {
    let (rows, order) = linesAsRows(axis)
    let positions =
      Scalar.self == Float.self
      ? rows.viewed(as: Float.self).rowsArgsorted(descending)
      : Scalar.self == Double.self
        ? rows.viewed(as: Double.self).rowsArgsorted(descending)
        : rows.viewed(as: Int32.self).rowsArgsorted(descending)
    return order.map { positions.transposed($0) } ?? positions
  }

  /// The `count` largest elements along an axis in descending order, and their positions. Of equal
  /// elements the first ones; NaN is larger than all others, as in PyTorch's `topk`.
  ///
  /// Traps on an axis that the tensor does not have, and unless `count` is in 0...its size.
  ///
  /// - Parameters:
  ///   - axis: Counts from the end if negative. Default: the last.
  ///   - largest: Whether the largest, not the smallest, are wanted. Default: yes.
  public func topK(
    _ count: Int, along axis: Int = -1, largest: Bool = true
  ) -> (values: Self, positions: IndexTensor) {
    let axis = shape.axis(axis)
    require(count >= 0 && count <= shape[axis], "the top \(count) along axis \(axis) of \(shape)")
    let (rows, order) = linesAsRows(axis)
    let found =
      Scalar.self == Float.self
      ? rows.viewed(as: Float.self).rowsSelected(count, largest)
      : Scalar.self == Double.self
        ? rows.viewed(as: Double.self).rowsSelected(count, largest)
        : rows.viewed(as: Int32.self).rowsSelected(count, largest)
    let positions = order.map { found.transposed($0) } ?? found
    return (taken(positions, along: axis), positions)
  }

  /// The tensor with an axis as its last one, and the order of axes that undoes it, if any.
  private func linesAsRows(_ number: Int) -> (rows: Self, back: [Int]?) {
    let axis = shape.axis(number)
    require(shape[axis] <= Int(Int32.max), "sorting shape \(shape)")
    guard axis != rank - 1 else { return (self, nil) }
    let order = shape.indices.filter { $0 != axis } + [axis]
    var back = Array(0..<rank - 1)
    back.insert(rank - 1, at: axis)
    return (transposed(order), back)
  }
}

extension TensorOf where Scalar: SortableScalar {
  @inline(__always)
  private func rowsSorted(_ descending: Bool) -> Self {
    var result = self
    let size = shape[rank - 1]
    guard count > 0 else { return result }
    let flip: Scalar.Key = descending ? .max : 0
    result.mutate { own in
      withUnsafeTemporaryAllocation(of: Scalar.Key.self, capacity: 2 * size) { buffer in
        guard let keys = buffer.baseAddress else { return }
        for start in stride(from: 0, to: own.count, by: size) {
          let row = own.base + start
          for index in 0..<size { keys[index] = row[index].key(mergingZeros: false) ^ flip }
          RadixSort.sort(keys, count: size, scratch: keys + size)
          for index in 0..<size { row[index] = Scalar(key: keys[index] ^ flip) }
        }
      }
    }
    return result
  }

  @inline(__always)
  private func rowsArgsorted(_ descending: Bool) -> IndexTensor {
    typealias Entry = RadixSort.Entry<Scalar.Key>
    let size = shape[rank - 1]
    let flip: Scalar.Key = descending ? .max : 0
    return IndexTensor(writing: shape) { result in
      guard count > 0 else { return }
      read { own in
        withUnsafeTemporaryAllocation(of: Scalar.Key.self, capacity: size) { keys in
          withUnsafeTemporaryAllocation(of: Entry.self, capacity: 2 * size) { buffer in
            guard let keys = keys.baseAddress, let entries = buffer.baseAddress else { return }
            for start in stride(from: 0, to: own.count, by: size) {
              for index in 0..<size {
                keys[index] = own.base[start + index].key(mergingZeros: true) ^ flip
                entries[index] = Entry(key: keys[index], position: Int32(truncatingIfNeeded: index))
              }
              RadixSort.sort(entries, keys: keys, count: size, scratch: entries + size)
              for index in 0..<size { result.base[start + index] = entries[index].position }
            }
          }
        }
      }
    }
  }

  /// The positions of the first `kept` elements of each row in order.
  @inline(__always)
  fileprivate func rowsSelected(_ kept: Int, _ descending: Bool) -> IndexTensor {
    typealias Entry = RadixSort.Entry<Scalar.Key>
    let size = shape[rank - 1]
    let flip: Scalar.Key = descending ? .max : 0
    let capacity = Swift.max(2 * kept, kept + 256)
    let result = Shape(shape.dropLast() + [kept])
    guard kept > 0, capacity < size else {
      let all: [any AxisSelector] = Array(repeating: 0..., count: rank - 1)
      return rowsArgsorted(descending)[selectors: all + [0..<kept]]
    }
    return IndexTensor(writing: result) { target in
      read { own in
        withUnsafeTemporaryAllocation(of: Scalar.Key.self, capacity: capacity) { keys in
          withUnsafeTemporaryAllocation(of: Entry.self, capacity: 2 * capacity) { buffer in
            guard let keys = keys.baseAddress, let entries = buffer.baseAddress else { return }
            // Sorts the candidates and keeps the first ones.
            func select(_ candidates: Int) {
              for index in 0..<candidates { keys[index] = entries[index].key }
              RadixSort.sort(
                entries, keys: keys, count: candidates, scratch: entries + capacity)
            }
            for row in 0..<own.count / size {
              let source = own.base + row * size
              var (limit, candidates) = (Scalar.Key.max, 0)
              for index in 0..<size {
                let key = source[index].key(mergingZeros: true) ^ flip
                // Of equal keys, the first ones are kept.
                guard key < limit || candidates < kept else { continue }
                entries[candidates] = Entry(key: key, position: Int32(truncatingIfNeeded: index))
                candidates += 1
                guard candidates == capacity else { continue }
                select(candidates)
                candidates = kept
                limit = entries[kept - 1].key
              }
              select(candidates)
              let next = target.base + row * kept
              for index in 0..<kept { next[index] = entries[index].position }
            }
          }
        }
      }
    }
  }
}
