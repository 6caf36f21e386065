internal import CPinionImageCodecs

/// What an image may cost, which must follow from the size of its file: a few bytes can claim any size.
struct DecodingLimits: Equatable {
  /// The pixels of the image.
  let pixels: Int
  /// The bytes that are held at once besides the file's: where the format needs the whole image in memory (interlaced
  /// PNG, JPEG in several scans), and where the caller wants it.
  let heldBytes: Int
  /// The 8 × 8 blocks that all scans of a JPEG pass over. A scan that changes nothing takes 10 bytes and 70 ns a block.
  let blocks: Int

  /// - Parameter pixelLimit: The caller's limit; nil for what a file of that size may hold.
  init(fileSize: Int, pixelLimit: Int?) {
    let earned = (1 << 22) + 8 * fileSize
    guard let pixelLimit else {
      pixels = (1 << 24) + 16 * fileSize
      heldBytes = (56 << 20) + fileSize
      blocks = earned
      return
    }
    pixels = pixelLimit
    // Four channels of two bytes, and what is added to make sides of whole blocks.
    let (product, overflow) = pixelLimit.multipliedReportingOverflow(by: 8)
    heldBytes = overflow ? .max : max(product, product &+ (1 << 24))
    // Every component of a grown-up file takes about five scans of its blocks of 64 pixels.
    blocks = max(earned, pixelLimit)
  }
}

extension DecodingLimits {
  /// The longest side, JPEG's own limit.
  static let side = 65_535

  /// Throws unless memory and time may be spent on an image.
  func check(_ header: pinion_image_header, isHeld: Bool) throws(ImageFlaw) {
    let (height, width) = (Int(header.height), Int(header.width))
    guard height > 0, width > 0, height <= Self.side, width <= Self.side,
      height * width <= pixels
    else {
      throw ImageFlaw(
        "the size",
        expected: "at most \(pixels) pixels (\"pixelLimit\" raises that) "
          + "and sides of 1...\(Self.side)",
        found: "\(width)×\(height)")
    }
    let bytes = Int(header.held_bytes) + (isHeld ? height * width * Int(header.channels) : 0)
    guard bytes <= heldBytes else {
      throw ImageFlaw(
        "the size",
        expected: "at most \(heldBytes) bytes in memory at once (\"pixelLimit\" raises that)",
        found: "\(bytes) for \(width)×\(height)")
    }
  }
}
