internal import CPinionKernels
package import PinionTensor

/// Conversions of image bytes.
package enum PixelKernel {
  /// destination[i] = source[start + i] / 255, for i in 0..<count.
  ///
  /// With the bits of a division, since multiplying by the float nearest to 1/255 rounds
  /// differently from Keras's `x / 255.0`.
  static func scale(
    _ source: [UInt8], from start: Int, into destination: MemoryView<Float>, count: Int
  ) {
    require(destination.count == count, "\(count) bytes into \(destination.count) floats")
    require(start >= 0 && start + count <= source.count, "bytes outside the images")
    let floats = unsafe destination.base
    unsafe source.withUnsafeBufferPointer { bytes in
      guard let first = bytes.baseAddress else { return }
      unsafe pinion_scale_bytes(first + start, count, floats)
    }
  }

  /// destination[i·planes + p] = source[p·planeSize + i] / 255, for p in 0..<planes; with one plane
  /// for all bytes in order.
  package static func scale(
    _ source: UnsafeRawBufferPointer, planes: Int = 1, into destination: MemoryView<Float>
  ) {
    require(
      destination.count == source.count && source.count.isMultiple(of: planes),
      "\(source.count) bytes in \(planes) planes into \(destination.count) floats")
    let planeSize = source.count / planes
    for plane in 0..<planes {
      let floats = unsafe destination.base + plane
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: source[plane * planeSize..<source.count])
      for i in 0..<planeSize { unsafe floats[i * planes] = unsafe Float(bytes[i]) / 255 }
    }
  }

  /// From planes, as CIFAR stores an image, to interleaved channels:
  /// destination[end + i·planes + p] = source[start + p·planeSize + i], for i in 0..<planeSize and
  /// p in 0..<planes.
  static func interleave(
    _ source: [UInt8], from start: Int, planes: Int, planeSize: Int,
    into destination: inout [UInt8],
    at end: Int
  ) {
    let count = planes * planeSize
    require(start >= 0 && start + count <= source.count, "bytes outside the source")
    require(end >= 0 && end + count <= destination.count, "bytes outside the images")
    unsafe source.withUnsafeBufferPointer { source in
      unsafe destination.withUnsafeMutableBufferPointer { destination in
        for plane in 0..<planes {
          let from = start + plane * planeSize
          for i in 0..<planeSize {
            unsafe destination[end + i * planes + plane] = unsafe source[from + i]
          }
        }
      }
    }
  }
}

enum FloatKernel {
  /// destination[i] = source[start + i], for i in 0..<count.
  static func copy(
    _ source: [Float], from start: Int, into destination: MemoryView<Float>, count: Int
  ) {
    require(destination.count == count, "\(count) numbers into \(destination.count)")
    require(start >= 0 && start + count <= source.count, "numbers outside the array")
    unsafe source.withUnsafeBufferPointer { numbers in
      guard let first = numbers.baseAddress else { return }
      unsafe destination.base.update(from: first + start, count: count)
    }
  }
}
