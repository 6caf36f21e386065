internal import PinionTensor

/// The one loop over bytes that every image goes through.
enum PixelKernel {
  /// destination[i] = source[start + i] / 255, for i in 0..<count.
  ///
  /// The division is a real one: 1/255 is not a float, so multiplying by it would round otherwise than Keras's
  /// `x / 255.0` does.
  static func scale(
    _ source: [UInt8], from start: Int, into destination: MemoryView<Float>, count: Int
  ) {
    precondition(destination.count == count, "\(count) bytes into \(destination.count) floats")
    precondition(start >= 0 && start + count <= source.count, "bytes outside the images")
    let floats = destination.base
    source.withUnsafeBufferPointer { bytes in
      for i in 0..<count { floats[i] = Float(bytes[start &+ i]) / 255 }
    }
  }
}
