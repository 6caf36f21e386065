extension MemoryView where Element == Float {
  /// Whether no element is NaN or infinite.
  package var areFinite: Bool {
    // An exponent of all ones carries into the sign bit. In integers, as sums of floats do not vectorize.
    var carries: UInt32 = 0
    for index in 0..<count {
      carries |= (base[index].bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000
    }
    return carries >> 31 == 0
  }

  /// The position of the first element that is NaN or infinite.
  package var firstNonFinite: Int? {
    areFinite ? nil : indices.first { !self[$0].isFinite }
  }
}
