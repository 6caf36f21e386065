internal import CPinionTurboJPEG

/// Reads JPEG files through TurboJPEG.
enum JPEGDecoder {
  static func decode(
    _ bytes: [UInt8], check: (_ height: Int, _ width: Int) throws(ImageFlaw) -> Void
  ) throws(ImageFlaw) -> RasterImage {
    // A decoder of its own for each file: one that met a broken file may refuse the sound file after it.
    guard let handle = tjInitDecompress() else {
      throw ImageFlaw("the image", expected: "TurboJPEG to start", found: "no decoder")
    }
    defer { tjDestroy(handle) }
    var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    guard
      tjDecompressHeader3(
        handle, bytes, UInt(bytes.count), &width, &height, &sampling, &space) == 0
    else { throw flaw("the header", handle) }
    guard width > 0 else {
      throw ImageFlaw("the header", expected: "a sound JPEG", found: "tables without an image")
    }
    try check(Int(height), Int(width))
    let spaces = [TJCS_CMYK.rawValue: "CMYK", TJCS_YCCK.rawValue: "YCCK"]
    if let name = spaces[UInt32(bitPattern: space)] {
      throw ImageFlaw(
        "the colours", expected: "grey or RGB", found: "\(name), whose colours depend on a printer")
    }
    let isGrey = space == Int32(bitPattern: TJCS_GRAY.rawValue)
    let format = isGrey ? TJPF_GRAY : TJPF_RGB
    let channels = isGrey ? 1 : 3
    var pixels = [UInt8](repeating: 0, count: Int(height) * Int(width) * channels)
    // A truncated image is only a warning to the library, which makes up the rest; and a small file of
    // very many scans would keep it busy for minutes.
    guard
      tjDecompress2(
        handle, bytes, UInt(bytes.count), &pixels, width, 0, height, Int32(format.rawValue),
        TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) == 0
    else { throw flaw("the image", handle) }
    return RasterImage(
      height: Int(height), width: Int(width), channels: channels, bytes: pixels)
  }

  private static func flaw(_ place: String, _ handle: tjhandle) -> ImageFlaw {
    let message = tjGetErrorStr2(handle).map { String(cString: $0) }
    return ImageFlaw(
      place, expected: "a sound JPEG", found: message ?? "an error of TurboJPEG")
  }
}
