public import PinionTensor

extension MemoryView where Element == Float {
  /// The position of the largest element, the first of equal ones; nil if there is no number.
  ///
  /// NaN is never the largest: a view of nothing but NaN has no maximum, as an empty one has none. (NumPy's `argmax`, in
  /// contrast, returns the first NaN, which would turn a broken network's output into a prediction.)
  public func argmax() -> Int? {
    var best: Int?
    var largest = -Float.infinity
    for position in indices {
      let value = self[position]
      // The second clause lets −∞ win over nothing at all.
      if value > largest || (best == nil && value == largest) {
        best = position
        largest = value
      }
    }
    return best
  }
}
