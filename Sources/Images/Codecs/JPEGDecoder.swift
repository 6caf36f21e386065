internal import CPinionImageCodecs

/// Decodes JPEG files, baseline and progressive, with libjpeg.
enum JPEGDecoder {
  static func decode(
    _ bytes: [UInt8], limits: DecodingLimits, appliesOrientation: Bool,
    into sink: inout some RowSink
  ) throws(ImageFormatError) {
    let orientation =
      appliesOrientation ? ImageOrientation(jpeg: bytes) ?? .up : ImageOrientation.up
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ImageFormatError) in
      guard let jpeg = unsafe pinion_jpeg_open(bytes.baseAddress, bytes.count) else {
        throw ImageFormatError("image", expected: "memory for libjpeg", found: "none")
      }
      defer { unsafe pinion_jpeg_close(jpeg) }
      func failure(_ place: String) -> ImageFormatError {
        let scan = unsafe pinion_jpeg_refused_scan(jpeg)
        guard scan == 0 else {
          return ImageFormatError(
            "scans", expected: "a decoding cost in proportion to the size of the file",
            found: "too many scans (exceeded in scan \(scan))")
        }
        return unsafe ImageFormatError(
          place, expected: "a valid JPEG", found: String(cString: pinion_jpeg_message(jpeg)))
      }
      var header = pinion_image_header()
      guard unsafe pinion_jpeg_read_header(jpeg, &header) else { throw failure("header") }
      try limits.check(header, isHeld: sink.holdsImage)
      unsafe pinion_jpeg_limit_blocks(jpeg, UInt64(limits.blocks))
      let (height, width) = (Int(header.height), Int(header.width))
      let isCMYK = header.channels == 4
      let channels = isCMYK ? 3 : Int(header.channels)
      sink.start(
        RasterHeader(
          height: height, width: width, channels: channels, orientation: orientation))
      var row = [UInt8](repeating: 0, count: width * Int(header.channels))
      var converted = [UInt8](repeating: 0, count: isCMYK ? width * 3 : 0)
      for _ in 0..<height {
        guard unsafe pinion_jpeg_read_row(jpeg, &row) else { throw failure("image") }
        if isCMYK { PixelConversion.rgb(invertedCMYK: row, into: &converted) }
        sink.append(isCMYK ? converted : row)
      }
    }
  }
}
