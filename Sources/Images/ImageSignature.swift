internal import PinionTensor

/// What a file is by its first bytes.
enum ImageSignature: Equatable {
  case png
  case jpeg
  /// An image of another kind, in words.
  case other(String)
  /// No image, as far as can be told, in words.
  case unknown(String)

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
      self = .unknown("an empty file")
    } else {
      let other = Self.others.first { matches($0.bytes, at: $0.offset) }
      self = other.map { .other($0.name) } ?? .unknown("other bytes")
    }
  }
  /// The signature of a file.
  init(_ reader: FileReader) throws(FileError) {
    self.init(try reader.bytes(0..<min(reader.size, Self.length), place: "the signature"))
  }

  /// Whether the first bytes are an image's, readable or not.
  var isImage: Bool {
    if case .unknown = self { false } else { true }
  }

  /// Whether a name promises an image.
  static func isImage(named name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  private static let length = 16
  private static let extensions: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "webp", "tif", "tiff", "avif", "heic",
    "heif", "jxl", "jp2",
  ]
}
