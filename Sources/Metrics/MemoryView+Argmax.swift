public import PinionTensor

extension MemoryView where Element == Float {
  /// The position of the first element that is greatest, or NaN; nil if there are no elements. As NumPy's `argmax`.
  ///
  /// Who takes the position for a prediction looks whether NaN stands there, as ``Accuracy`` does.
  public func argmax() -> Int? {
    guard count > 0 else { return nil }
    var best = 0
    var largest = self[0]
    for position in indices.dropFirst() {
      if largest.isNaN { break }
      let value = self[position]
      if value > largest || value.isNaN { (best, largest) = (position, value) }
    }
    return best
  }
}
