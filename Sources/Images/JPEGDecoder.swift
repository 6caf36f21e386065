internal import CPinionImageCodecs

/// Reads JPEG files, baseline and progressive, through libjpeg.
enum JPEGDecoder {
  static func decode(
    _ bytes: [UInt8], limits: DecodingLimits, appliesOrientation: Bool,
    into sink: inout some RowSink
  ) throws(ImageFlaw) {
    let orientation =
      appliesOrientation ? ImageOrientation(jpeg: bytes) ?? .up : ImageOrientation.up
    try bytes.withUnsafeBufferPointer { (bytes) throws(ImageFlaw) in
      guard let jpeg = pinion_jpeg_open(bytes.baseAddress, bytes.count) else {
        throw ImageFlaw("the image", expected: "libjpeg to start", found: "no memory")
      }
      defer { pinion_jpeg_close(jpeg) }
      func flaw(_ place: String) -> ImageFlaw {
        let scan = pinion_jpeg_refused_scan(jpeg)
        guard scan == 0 else {
          return ImageFlaw(
            "the scans", expected: "a number that the size of the file warrants",
            found: "scan \(scan) of an image that takes too much time")
        }
        return ImageFlaw(
          place, expected: "a sound JPEG", found: String(cString: pinion_jpeg_message(jpeg)))
      }
      var header = pinion_image_header()
      guard pinion_jpeg_read_header(jpeg, &header) else { throw flaw("the header") }
      try limits.check(header, isHeld: sink.holdsImage)
      pinion_jpeg_limit_blocks(jpeg, UInt64(limits.blocks))
      let (height, width) = (Int(header.height), Int(header.width))
      let isCMYK = header.channels == 4
      let channels = isCMYK ? 3 : Int(header.channels)
      sink.start(
        RasterHeader(
          height: height, width: width, channels: channels, orientation: orientation))
      var row = [UInt8](repeating: 0, count: width * Int(header.channels))
      var converted = [UInt8](repeating: 0, count: isCMYK ? width * 3 : 0)
      for _ in 0..<height {
        guard pinion_jpeg_read_row(jpeg, &row) else { throw flaw("the image") }
        if isCMYK { PixelConversion.rgb(invertedCMYK: row, into: &converted) }
        sink.append(isCMYK ? converted : row)
      }
    }
  }
}
