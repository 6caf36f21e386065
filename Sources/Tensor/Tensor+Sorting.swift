internal import CPinionKernels

extension TensorOf where Scalar: Comparable {
  /// The elements in order along an axis, NaN after all others, as NumPy's `sort`.
  ///
  /// Traps on an axis that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axis: Counts from the end if negative. Default: the last.
  ///   - descending: The reverse order. Default: false.
  public func sorted(along axis: Int = -1, descending: Bool = false) -> Self {
    var (rows, order) = linesAsRows(axis)
    guard let order else {
      return Self(writing: shape) { result in
        read { Self.sortRows($0, of: shape[rank - 1], descending, to: result) }
      }
    }
    let size = rows.shape[rank - 1]
    rows.mutate { Self.sortRows($0, of: size, descending, to: $0) }
    return rows.transposed(order)
  }

  /// Sorts the rows of a matrix into a view of as many elements, which may be the same view.
  private static func sortRows(
    _ source: MemoryView<Scalar>, of size: Int, _ descending: Bool, to target: MemoryView<Scalar>
  ) {
    guard source.count > 0 else { return }
    let width = MemoryLayout<Scalar>.stride / MemoryLayout<Int32>.stride
    let buffer = AlignedBuffer(uninitialized: pinion_sort_capacity(size) * width)
    let (rows, descends) = (source.count / size, Int32(descending ? 1 : 0))
    let (x, y) = unsafe (UnsafeRawPointer(source.base), UnsafeMutableRawPointer(target.base))
    withExtendedLifetime(buffer) {
      let scratch = unsafe UnsafeMutableRawPointer(buffer.view.base)
      let keys = unsafe scratch.assumingMemoryBound(to: Int32.self)
      if Scalar.self == Float.self {
        unsafe pinion_sort_float(
          x.assumingMemoryBound(to: Float.self), rows, size, descends,
          y.assumingMemoryBound(to: Float.self), keys)
      } else if Scalar.self == Double.self {
        unsafe pinion_sort_double(
          x.assumingMemoryBound(to: Double.self), rows, size, descends,
          y.assumingMemoryBound(to: Double.self), scratch.assumingMemoryBound(to: Int64.self))
      } else {
        unsafe pinion_sort_int32(
          x.assumingMemoryBound(to: Int32.self), rows, size, descends,
          y.assumingMemoryBound(to: Int32.self), keys)
      }
    }
  }

  /// The positions that sort the elements along an axis; equal elements keep their order. As
  /// NumPy's stable `argsort`.
  ///
  /// Traps on an axis that the tensor does not have.
  ///
  /// - Parameters:
  ///   - axis: Counts from the end if negative. Default: the last.
  ///   - descending: The largest first, NaN before all others. Default: false.
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
  ///   - largest: Whether the largest elements are selected; otherwise the smallest. Default: true.
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
  private func rowsArgsorted(_ descending: Bool) -> IndexTensor {
    typealias Entry = RadixSort.Entry<Scalar.Key>
    let size = shape[rank - 1]
    let flip: Scalar.Key = descending ? .max : 0
    return IndexTensor(writing: shape) { result in
      guard count > 0 else { return }
      read { own in
        unsafe withUnsafeTemporaryAllocation(of: Scalar.Key.self, capacity: size) { keys in
          unsafe withUnsafeTemporaryAllocation(of: Entry.self, capacity: 2 * size) { buffer in
            guard let keys = keys.baseAddress, let entries = buffer.baseAddress else { return }
            for start in stride(from: 0, to: own.count, by: size) {
              for index in 0..<size {
                unsafe keys[index] = unsafe own.base[start + index].key ^ flip
                unsafe entries[index] = unsafe Entry(
                  key: keys[index], position: Int32(truncatingIfNeeded: index))
              }
              unsafe RadixSort.sort(entries, keys: keys, count: size, scratch: entries + size)
              for index in 0..<size {
                unsafe result.base[start + index] = unsafe entries[index].position
              }
            }
          }
        }
      }
    }
  }

  /// Most elements of a row among which the next one is inserted, instead of sorting candidates.
  private var mostInserted: Int { 32 }

  /// The positions of the first `kept` elements of each row in order, not more than
  /// ``mostInserted``.
  @inline(__always)
  private func rowsInserted(_ kept: Int, _ flip: Scalar.Key, _ result: Shape) -> IndexTensor {
    let size = shape[rank - 1]
    return IndexTensor(writing: result) { target in
      read { own in
        unsafe withUnsafeTemporaryAllocation(of: Scalar.Key.self, capacity: kept) { buffer in
          guard let keys = buffer.baseAddress else { return }
          for row in 0..<own.count / size {
            let (source, positions) = unsafe (own.base + row * size, target.base + row * kept)
            var (found, limit) = (0, Scalar.Key.max)
            for index in 0..<size {
              let key = unsafe source[index].key ^ flip
              // Of equal keys, the first ones are kept.
              guard key < limit || found < kept else { continue }
              var place = found < kept ? found : kept - 1
              while place > 0, unsafe keys[place - 1] > key {
                unsafe keys[place] = unsafe keys[place - 1]
                unsafe positions[place] = unsafe positions[place - 1]
                place -= 1
              }
              unsafe keys[place] = key
              unsafe positions[place] = Int32(truncatingIfNeeded: index)
              if found < kept { found += 1 }
              if found == kept { limit = unsafe keys[kept - 1] }
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
    if 1...mostInserted ~= kept { return rowsInserted(kept, flip, result) }
    guard kept > 0, capacity < size else {
      let all: [any AxisSelector] = Array(repeating: 0..., count: rank - 1)
      return rowsArgsorted(descending)[selectors: all + [0..<kept]]
    }
    return IndexTensor(writing: result) { target in
      read { own in
        unsafe withUnsafeTemporaryAllocation(of: Scalar.Key.self, capacity: capacity) { keys in
          unsafe withUnsafeTemporaryAllocation(of: Entry.self, capacity: 2 * capacity) { buffer in
            guard let keys = keys.baseAddress, let entries = buffer.baseAddress else { return }
            // Sorts the candidates and keeps the first ones.
            func select(_ candidates: Int) {
              for index in 0..<candidates { unsafe keys[index] = unsafe entries[index].key }
              unsafe RadixSort.sort(
                entries, keys: keys, count: candidates, scratch: entries + capacity)
            }
            for row in 0..<own.count / size {
              let source = unsafe own.base + row * size
              var (limit, candidates) = (Scalar.Key.max, 0)
              for index in 0..<size {
                let key = unsafe source[index].key ^ flip
                // Of equal keys, the first ones are kept.
                guard key < limit || candidates < kept else { continue }
                unsafe entries[candidates] = Entry(
                  key: key, position: Int32(truncatingIfNeeded: index))
                candidates += 1
                guard candidates == capacity else { continue }
                select(candidates)
                candidates = kept
                limit = unsafe entries[kept - 1].key
              }
              select(candidates)
              let next = unsafe target.base + row * kept
              for index in 0..<kept { unsafe next[index] = unsafe entries[index].position }
            }
          }
        }
      }
    }
  }
}
