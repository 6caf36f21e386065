/// What a file is by its first bytes.
enum ImageSignature: Equatable {
  case png
  case jpeg
  /// Something else, in words.
  case other(String)

  private static let others: [(offset: Int, bytes: [UInt8], name: String)] = [
    (0, Array("GIF8".utf8), "a GIF file"),
    (0, Array("BM".utf8), "a BMP file"),
    (8, Array("WEBP".utf8), "a WebP file"),
    (0, Array("II*\0".utf8), "a TIFF file"),
    (0, Array("MM\0*".utf8), "a TIFF file"),
    (4, Array("ftypavif".utf8), "an AVIF file"),
    (4, Array("ftyphei".utf8), "a HEIC file"),
    (4, Array("ftypmif".utf8), "a HEIC file"),
    (0, [0xff, 0x0a], "a JPEG XL file"),
    (4, Array("JXL ".utf8), "a JPEG XL file"),
    (4, Array("jP  ".utf8), "a JPEG 2000 file"),
  ]

  init(_ bytes: [UInt8]) {
    func matches(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: signature)
    }
    if matches(PNGDecoder.signature) {
      self = .png
    } else if matches([0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.isEmpty {
      self = .other("an empty file")
    } else {
      let other = Self.others.first { matches($0.bytes, at: $0.offset) }
      self = .other(other?.name ?? "other bytes")
    }
  }
}
