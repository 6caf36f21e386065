internal import CPinionImageCodecs

/// Decodes PNG files of all bit depths and color types with libpng; of an animated one, the image
/// that programs without animations show, as PIL and TensorFlow do.
enum PNGDecoder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The largest compression ratio of deflate, with at least one bit per pixel.
  private static let pixelsPerByte = 1_032 * 8

  static func decode(
    _ bytes: [UInt8], limits: DecodingLimits, appliesOrientation: Bool,
    into sink: inout some RowSink
  ) throws(ImageFormatError) {
    let orientation = appliesOrientation ? PNGChunks(bytes).orientation : .up
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ImageFormatError) in
      guard let png = unsafe pinion_png_open(bytes.baseAddress, bytes.count) else {
        throw ImageFormatError("image", expected: "memory for libpng", found: "none")
      }
      defer { unsafe pinion_png_close(png) }
      func failure(_ place: String) -> ImageFormatError {
        unsafe ImageFormatError(
          place, expected: "a valid PNG", found: String(cString: pinion_png_message(png)))
      }
      var header = pinion_image_header()
      guard unsafe pinion_png_read_header(png, &header) else { throw failure("header") }
      try limits.check(header, isHeld: sink.holdsImage)
      let (height, width) = (Int(header.height), Int(header.width))
      guard height * width <= bytes.count * pixelsPerByte else {
        throw ImageFormatError(
          "size", expected: "at most \(bytes.count * pixelsPerByte) pixels in \(bytes.count) bytes",
          found: "\(width)×\(height)")
      }
      sink.start(
        RasterHeader(
          height: height, width: width, channels: Int(header.channels), orientation: orientation))
      var row = [UInt8](repeating: 0, count: width * Int(header.channels))
      for _ in 0..<height {
        guard unsafe pinion_png_read_row(png, &row) else { throw failure("image") }
        sink.append(row)
      }
    }
  }
}

/// Metadata in the chunks before and after the image data.
struct PNGChunks {
  private(set) var orientation = ImageOrientation.up

  init(_ bytes: [UInt8]) {
    var position = PNGDecoder.signature.count
    // A chunk: length, type, data, CRC.
    while position + 8 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = bytes[position + 4..<position + 8]
      if type.elementsEqual("eXIf".utf8) {
        orientation = ImageOrientation(exif: bytes.dropFirst(position + 8).prefix(length)) ?? .up
      }
      if type.elementsEqual("IEND".utf8) { return }
      position += 12 + length
    }
  }
}
