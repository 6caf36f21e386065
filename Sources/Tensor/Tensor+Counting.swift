extension TensorOf where Scalar: Comparable {
  /// The different elements in ascending order, along one axis, as NumPy's `unique`; one NaN.
  public func unique() -> Self { uniqueCounts().values }

  /// The different elements in ascending order and how often each occurs, as NumPy's
  /// `unique_counts`; one NaN.
  public func uniqueCounts() -> (values: Self, counts: IndexTensor) {
    if Scalar.self == Float.self {
      let (values, counts) = viewed(as: Float.self).counted()
      return (values.viewed(as: Scalar.self), counts)
    }
    if Scalar.self == Double.self {
      let (values, counts) = viewed(as: Double.self).counted()
      return (values.viewed(as: Scalar.self), counts)
    }
    let (values, counts) = viewed(as: Int32.self).counted()
    return (values.viewed(as: Scalar.self), counts)
  }
}

extension TensorOf where Scalar: SortableScalar {
  @inline(__always)
  fileprivate func counted() -> (values: Self, counts: IndexTensor) {
    if let few = countedByTable() { return few }
    let sorted = flattened().sorted()
    var found = 0
    // The starts of the runs of equal elements.
    let starts = IndexTensor(writing: [count]) { starts in
      sorted.read { own in
        for index in 0..<own.count {
          let before = unsafe own.base[Swift.max(index - 1, 0)]
          // NaN, which is unequal to itself, comes last.
          let isNew = unsafe index == 0 || own.base[index] != before && before == before
          // Each position is written, and overwritten by the next unless a run starts there.
          unsafe starts.base[found] = Int32(truncatingIfNeeded: index)
          found &+= isNew ? 1 : 0
        }
      }
    }
    let values = Self(writing: [found]) { target in
      sorted.read { own in
        starts.read { starts in
          for run in 0..<found { unsafe target.base[run] = unsafe own.base[Int(starts.base[run])] }
        }
      }
    }
    let counts = IndexTensor(writing: [found]) { target in
      starts.read { starts in
        for run in 0..<found {
          let end = unsafe run + 1 < found ? starts.base[run + 1] : Int32(truncatingIfNeeded: count)
          unsafe target.base[run] = unsafe end - starts.base[run]
        }
      }
    }
    return (values, counts)
  }

  /// By a hash table, which takes a fraction of a sort's time; nil if there are many different
  /// elements.
  @inline(__always)
  private func countedByTable() -> (values: Self, counts: IndexTensor)? {
    let (bits, most) = (10, 256)
    let slots = 1 << bits
    guard count > slots else { return nil }
    var (keys, counts) = (
      [Scalar.Key](repeating: 0, count: slots), [Int32](repeating: 0, count: slots)
    )
    var (firsts, found) = ([Int](repeating: 0, count: slots), 0)
    let width = Scalar.Key.bitWidth
    // Knuth's multiplicative hash, by the golden section.
    let factor = Scalar.Key(
      truncatingIfNeeded: 0x9E37_79B9_7F4A_7C15 as UInt64 >> UInt64(64 - width))
    let shift = Scalar.Key(truncatingIfNeeded: width - bits)
    let isComplete = read { own in
      unsafe keys.withUnsafeMutableBufferPointer { keys in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          for index in 0..<own.count {
            let key = unsafe own.base[index].key
            var slot = Int(truncatingIfNeeded: (key &* factor) &>> shift)
            while unsafe counts[slot] != 0, unsafe keys[slot] != key {
              slot = (slot + 1) & (slots - 1)
            }
            if unsafe counts[slot] == 0 {
              guard found < most else { return false }
              found += 1
              unsafe keys[slot] = key
              firsts[slot] = index
            }
            unsafe counts[slot] &+= 1
          }
          return true
        }
      }
    }
    guard isComplete else { return nil }
    let order = (0..<slots).filter { counts[$0] != 0 }.sorted { keys[$0] < keys[$1] }
    let values = read { own in order.map { own[firsts[$0]] } }
    return (Self(shape: [found], elements: values), IndexTensor(order.map { counts[$0] }))
  }
}

extension IndexTensor {
  /// The number of occurrences of each of 0, 1, …, as NumPy's `bincount`. Traps on negative
  /// elements.
  ///
  /// - Parameter minimumCount: The least number of results; those after the largest element are 0.
  public func binCounts(minimumCount: Int = 0) -> IndexTensor {
    read { view in
      var (least, greatest) = (Int32.max, Int32(-1))
      for index in view.indices {
        least = unsafe Swift.min(least, view.base[index])
        greatest = unsafe Swift.max(greatest, view.base[index])
      }
      require(least >= 0, "counting the negative element \(least)")
      return IndexTensor(shape: [Swift.max(minimumCount, Int(greatest) + 1)]) { counts in
        for index in view.indices { unsafe counts.base[Int(view.base[index])] &+= 1 }
      }
    }
  }
}

extension TensorOf where Scalar: RealScalar {
  /// The numbers of elements in bins of equal width, (bins), and the bins' edges, (bins + 1), as
  /// NumPy's `histogram`. Elements outside the range are not counted; the last bin includes its
  /// upper edge. Traps unless `bins` is positive and fits 32 bits, and the range and its length are
  /// finite.
  ///
  /// - Parameter range: Default: from the smallest to the largest element, widened by ½ on both
  ///   sides if they are equal; 0...1 without elements.
  public func histogram(
    bins: Int = 10, in range: ClosedRange<Scalar>? = nil
  ) -> (counts: IndexTensor, edges: Self) {
    var (lower, upper) =
      range.map { (Double($0.lowerBound), Double($0.upperBound)) }
      ?? (count > 0 ? (Double(min()), Double(max())) : (0, 1))
    require(
      bins > 0 && bins <= Int32.max && lower.isFinite && upper.isFinite
        && (upper - lower).isFinite,
      "\(bins) bins from \(lower) to \(upper)")
    if lower == upper { (lower, upper) = (lower - 0.5, upper + 0.5) }
    let width = (upper - lower) / Double(bins)
    let edges = (0...bins).map { $0 == bins ? upper : lower + Double($0) * width }
    var counts = [Int32](repeating: 0, count: bins)
    DoubleTensor(self).read { view in
      for index in view.indices {
        let value = unsafe view.base[index]
        guard value >= lower, value <= upper else { continue }
        var bin = Swift.min(Int((value - lower) / (upper - lower) * Double(bins)), bins - 1)
        // Rounding may have crossed an edge.
        if value < edges[bin] { bin -= 1 }
        if value >= edges[bin + 1], bin < bins - 1 { bin += 1 }
        counts[bin] += 1
      }
    }
    return (IndexTensor(counts), Self(edges.map { Scalar($0) }))
  }
}
