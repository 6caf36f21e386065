internal import PinionTensor

/// Copies out of arrays of floats.
enum FloatKernel {
  /// destination[i] = source[start + i], for i in 0..<count.
  static func copy(
    _ source: [Float], from start: Int, into destination: MemoryView<Float>, count: Int
  ) {
    require(destination.count == count, "\(count) numbers into \(destination.count)")
    require(start >= 0 && start + count <= source.count, "numbers outside the array")
    source.withUnsafeBufferPointer { numbers in
      guard let first = numbers.baseAddress else { return }
      destination.base.update(from: first + start, count: count)
    }
  }
}
