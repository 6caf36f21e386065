extension TensorOf where Scalar: Comparable {
  /// The different elements in ascending order, along one axis, as NumPy's `unique`; one NaN.
  public func unique() -> Self { uniqueCounts().values }

  /// The different elements in ascending order and how often each occurs, as NumPy's
  /// `unique_counts`; one NaN.
  public func uniqueCounts() -> (values: Self, counts: IndexTensor) {
    let sorted = flattened().sorted()
    guard count > 1 else {
      return (sorted, IndexTensor([Int32](repeating: 1, count: count)))
    }
    // NaN, which is unequal to itself, comes last.
    let isNew = sorted[1...] .!= sorted[..<(count - 1)]
    let firstNaN = count - (sorted .!= sorted).trueCount()
    let starts = isNew.trueIndices().read { view in
      [0] + view.array.prefix { $0 < firstNaN }.map { $0 + 1 }
    }
    let values = sorted.gathered(IndexTensor(starts))
    let counts = IndexTensor(writing: values.shape) { target in
      for index in target.indices {
        let end = index + 1 < starts.count ? starts[index + 1] : Int32(truncatingIfNeeded: count)
        target.base[index] = end - starts[index]
      }
    }
    return (values, counts)
  }
}

extension IndexTensor {
  /// How often each of 0, 1, … occurs, as NumPy's `bincount`. Traps on negative elements.
  ///
  /// - Parameter minimumCount: The least number of results; those behind the largest element are 0.
  public func binCounts(minimumCount: Int = 0) -> IndexTensor {
    read { view in
      var (least, greatest) = (Int32.max, Int32(-1))
      for index in view.indices {
        least = Swift.min(least, view.base[index])
        greatest = Swift.max(greatest, view.base[index])
      }
      require(least >= 0, "counting the negative element \(least)")
      return IndexTensor(shape: [Swift.max(minimumCount, Int(greatest) + 1)]) { counts in
        for index in view.indices { counts.base[Int(view.base[index])] &+= 1 }
      }
    }
  }
}

extension TensorOf where Scalar: RealScalar {
  /// The numbers of elements in bins of equal width, (bins), and the bins' edges, (bins + 1), as
  /// NumPy's `histogram`. Elements outside the range are not counted; the last bin includes its
  /// upper edge. Traps unless `bins` is positive and the range finite.
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
      bins > 0 && lower.isFinite && upper.isFinite, "\(bins) bins from \(lower) to \(upper)")
    if lower == upper { (lower, upper) = (lower - 0.5, upper + 0.5) }
    let width = (upper - lower) / Double(bins)
    let edges = (0...bins).map { $0 == bins ? upper : lower + Double($0) * width }
    var counts = [Int32](repeating: 0, count: bins)
    DoubleTensor(self).read { view in
      for index in view.indices {
        let value = view.base[index]
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
