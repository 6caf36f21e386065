internal import CPinionImageCodecs

/// Limits on the cost of decoding, derived from the size of the file, because a few bytes can
/// declare an image of any size.
struct DecodingLimits: Equatable {
  /// The largest number of pixels.
  let pixels: Int
  /// The largest number of bytes held in memory besides the file: the whole image, if the format
  /// (interlaced PNG, JPEG in several scans) or the caller requires it.
  let heldBytes: Int
  /// The largest number of 8 × 8 blocks in all scans of a JPEG together. A scan without changes
  /// takes 10 bytes in the file and 70 ns per block.
  let blocks: Int

  /// - Parameter pixelLimit: The caller's limit; nil for one that depends on the file's size.
  init(fileSize: Int, pixelLimit: Int?) {
    let defaultBlocks = (1 << 22) + 8 * fileSize
    guard let pixelLimit else {
      pixels = (1 << 24) + 16 * fileSize
      heldBytes = (56 << 20) + fileSize
      blocks = defaultBlocks
      return
    }
    pixels = pixelLimit
    // Four channels of two bytes, plus the padding of each axis to whole blocks.
    let (product, overflow) = pixelLimit.multipliedReportingOverflow(by: 8)
    heldBytes = overflow ? .max : max(product, product &+ (1 << 24))
    // A progressive file has about five scans per component, each with one block per 64 pixels.
    blocks = max(defaultBlocks, pixelLimit)
  }
}

extension DecodingLimits {
  /// The largest side length, the limit of the JPEG format.
  static let side = 65_535

  /// - Throws: ``ImageFormatError`` if the image exceeds a limit.
  func check(_ header: pinion_image_header, isHeld: Bool) throws(ImageFormatError) {
    let (height, width) = (Int(header.height), Int(header.width))
    guard height > 0, width > 0, height <= Self.side, width <= Self.side,
      height * width <= pixels
    else {
      throw ImageFormatError(
        "size",
        expected: "at most \(pixels) pixels (see pixelLimit) "
          + "and sides of 1...\(Self.side)",
        found: "\(width)×\(height)")
    }
    let bytes = Int(header.held_bytes) + (isHeld ? height * width * Int(header.channels) : 0)
    guard bytes <= heldBytes else {
      throw ImageFormatError(
        "size",
        expected: "at most \(heldBytes) bytes in memory (see pixelLimit)",
        found: "\(bytes) for \(width)×\(height)")
    }
  }
}
