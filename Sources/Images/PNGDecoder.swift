internal import CPinionPNG

/// Reads PNG files of every bit depth and colour type through libpng's simplified interface, the one
/// without `setjmp`.
enum PNGDecoder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// No deflate stream unpacks to more than this many times its size, and a pixel takes at least a bit.
  private static let pixelsPerByte = 1_032 * 8

  static func decode(
    _ bytes: [UInt8], check: (_ height: Int, _ width: Int) throws(ImageFlaw) -> Void
  ) throws(ImageFlaw) -> RasterImage {
    try refuseAnimation(bytes)
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_memory(&image, bytes, bytes.count) != 0 else {
      throw flaw("the header", image)
    }
    // Without this, 16 bits a channel would be taken for linear light.
    image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    let (height, width) = (Int(image.height), Int(image.width))
    try check(height, width)
    guard height * width <= bytes.count * pixelsPerByte
    else {
      throw ImageFlaw(
        "the size", expected: "what \(bytes.count) bytes can hold", found: "\(width)×\(height)")
    }
    let kept = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
    image.format &= kept
    let channels = Int(image.format & kept) + 1
    var pixels = [UInt8](repeating: 0, count: height * width * channels)
    guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else {
      throw flaw("the image", image)
    }
    // A warning may mean that pixels are missing or their checksum is wrong.
    guard image.warning_or_error == 0 else { throw flaw("the image", image) }
    return RasterImage(height: height, width: width, channels: channels, bytes: pixels)
  }

  private static func flaw(_ place: String, _ image: png_image) -> ImageFlaw {
    let message = withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return ImageFlaw(
      place, expected: "a sound PNG", found: message.isEmpty ? "an error of libpng" : message)
  }

  /// libpng skips the chunks of an animation, and would show its first picture.
  private static func refuseAnimation(_ bytes: [UInt8]) throws(ImageFlaw) {
    var position = signature.count
    // Length, type, data, checksum; the animation's chunk stands before the first image data.
    while position + 8 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = bytes[position + 4..<position + 8]
      if type.elementsEqual("acTL".utf8) {
        throw ImageFlaw("the chunk acTL", expected: "a still PNG", found: "an animated one")
      }
      if type.elementsEqual("IDAT".utf8) { return }
      position += 12 + length
    }
  }
}
