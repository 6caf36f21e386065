import CPinionTurboJPEG

/// JPEG files made by TurboJPEG.
enum TestJPEG {
  /// `channels` 1: grey, 3: RGB, 4: CMYK; the bytes are (H, W, C).
  static func encode(
    _ pixels: [UInt8], width: Int, height: Int, channels: Int, quality: Int32 = 95
  ) -> [UInt8] {
    let handle = tjInitCompress()
    defer { tjDestroy(handle) }
    let format = [1: TJPF_GRAY, 3: TJPF_RGB, 4: TJPF_CMYK][channels]!
    let sampling = channels == 1 ? TJSAMP_GRAY : TJSAMP_444
    var buffer: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let status = tjCompress2(
      handle, pixels, Int32(width), 0, Int32(height), Int32(format.rawValue), &buffer, &size,
      Int32(sampling.rawValue), quality, 0)
    precondition(status == 0)
    defer { tjFree(buffer) }
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
  }
}
