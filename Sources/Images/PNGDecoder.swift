internal import CPinionImageCodecs

/// Reads PNG files of every bit depth and color type through libpng.
enum PNGDecoder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// No deflate stream unpacks to more than this many times its size, and a pixel takes at least a bit.
  private static let pixelsPerByte = 1_032 * 8

  static func decode(
    _ bytes: [UInt8], limits: DecodingLimits, appliesOrientation: Bool,
    into sink: inout some RowSink
  ) throws(ImageFlaw) {
    let chunks = PNGChunks(bytes)
    // libpng skips the chunks of an animation, and would show its first picture.
    guard !chunks.isAnimated else {
      throw ImageFlaw("the chunk acTL", expected: "a still PNG", found: "an animated one")
    }
    let orientation = appliesOrientation ? chunks.orientation : .up
    try bytes.withUnsafeBufferPointer { (bytes) throws(ImageFlaw) in
      guard let png = pinion_png_open(bytes.baseAddress, bytes.count) else {
        throw ImageFlaw("the image", expected: "libpng to start", found: "no memory")
      }
      defer { pinion_png_close(png) }
      func flaw(_ place: String) -> ImageFlaw {
        ImageFlaw(
          place, expected: "a sound PNG", found: String(cString: pinion_png_message(png)))
      }
      var header = pinion_image_header()
      guard pinion_png_read_header(png, &header) else { throw flaw("the header") }
      try limits.check(header, isHeld: sink.holdsImage)
      let (height, width) = (Int(header.height), Int(header.width))
      guard height * width <= bytes.count * pixelsPerByte else {
        throw ImageFlaw(
          "the size", expected: "what \(bytes.count) bytes can hold", found: "\(width)×\(height)")
      }
      sink.start(
        RasterHeader(
          height: height, width: width, channels: Int(header.channels), orientation: orientation))
      var row = [UInt8](repeating: 0, count: width * Int(header.channels))
      for _ in 0..<height {
        guard pinion_png_read_row(png, &row) else { throw flaw("the image") }
        sink.append(row)
      }
    }
  }
}
