internal import PinionTensor

/// Decodes PNG and JPEG files.
struct ImageDecoder {
  private static let byteLimit = 1 << 28

  private let pixelLimit: Int?
  private let appliesOrientation: Bool

  init(pixelLimit: Int?, appliesOrientation: Bool = false) {
    self.pixelLimit = pixelLimit
    self.appliesOrientation = appliesOrientation
  }

  /// - Throws: `FileError` if the file is not a complete and valid image.
  func decode(_ reader: FileReader, into sink: inout some RowSink) throws(FileError) {
    guard reader.size <= Self.byteLimit else {
      throw FileError(
        file: reader.file, place: "file size", expected: "at most \(Self.byteLimit) bytes",
        found: "\(reader.size)")
    }
    let bytes = try reader.bytes(0..<reader.size, place: "reading")
    try decode(bytes, named: reader.file, into: &sink)
  }

  /// - Parameter name: The file name in errors.
  func decode(
    _ bytes: [UInt8], named name: String, into sink: inout some RowSink
  ) throws(FileError) {
    do throws(ImageFormatError) {
      try decode(bytes, into: &sink)
    } catch {
      throw FileError(
        file: name, place: error.place, expected: error.expected, found: error.found)
    }
  }

  /// - Throws: ``ImageFormatError`` if the bytes are not a complete and valid image.
  func decode(_ bytes: [UInt8], into sink: inout some RowSink) throws(ImageFormatError) {
    let limits = DecodingLimits(fileSize: bytes.count, pixelLimit: pixelLimit)
    switch ImageSignature(bytes) {
    case .png:
      try PNGDecoder.decode(
        bytes, limits: limits, appliesOrientation: appliesOrientation, into: &sink)
    case .jpeg:
      try JPEGDecoder.decode(
        bytes, limits: limits, appliesOrientation: appliesOrientation, into: &sink)
    case .other(let name), .unknown(let name):
      throw ImageFormatError("signature", expected: "a PNG or a JPEG file", found: name)
    }
  }
}

/// An error in the contents of an image file.
struct ImageFormatError: Error, Equatable {
  let place: String
  let expected: String
  let found: String

  init(_ place: String, expected: String, found: String) {
    self.place = place
    self.expected = expected
    self.found = found
  }
}

/// A file format detected from the first bytes.
enum ImageSignature: Equatable {
  case png
  case jpeg
  /// An unsupported image format.
  case other(String)
  /// Not a known image format.
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
      self = other.map { .other($0.name) } ?? .unknown("an unknown format")
    }
  }
  /// - Throws: `FileError` if the file cannot be read.
  init(_ reader: FileReader) throws(FileError) {
    self.init(try reader.bytes(0..<min(reader.size, Self.length), place: "signature"))
  }

  /// Whether the bytes belong to an image format, supported or not.
  var isImage: Bool {
    if case .unknown = self { false } else { true }
  }

  /// Whether a file name has the extension of an image format.
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
