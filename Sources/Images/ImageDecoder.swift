internal import PinionTensor

/// Reads image files of either kind.
struct ImageDecoder {
  private static let byteLimit = 1 << 28

  private let pixelLimit: Int?
  private let appliesOrientation: Bool

  init(pixelLimit: Int?, appliesOrientation: Bool = false) {
    self.pixelLimit = pixelLimit
    self.appliesOrientation = appliesOrientation
  }

  /// Throws `FileError` with the reason if the file is no image that can be read, whole and sound.
  func decode(_ reader: FileReader, into sink: inout some RowSink) throws(FileError) {
    guard reader.size <= Self.byteLimit else {
      throw FileError(
        file: reader.file, place: "the file", expected: "at most \(Self.byteLimit) bytes",
        found: "\(reader.size)")
    }
    let bytes = try reader.bytes(0..<reader.size, place: "reading")
    try decode(bytes, named: reader.file, into: &sink)
  }

  /// The same for a file's bytes; an error bears the name.
  func decode(
    _ bytes: [UInt8], named name: String, into sink: inout some RowSink
  ) throws(FileError) {
    do throws(ImageFlaw) {
      try decode(bytes, into: &sink)
    } catch {
      throw FileError(
        file: name, place: error.place, expected: error.expected, found: error.found)
    }
  }

  /// Throws `ImageFlaw` with the reason if the bytes are no file of an image that can be read.
  func decode(_ bytes: [UInt8], into sink: inout some RowSink) throws(ImageFlaw) {
    let limits = DecodingLimits(fileSize: bytes.count, pixelLimit: pixelLimit)
    switch ImageSignature(bytes) {
    case .png:
      try PNGDecoder.decode(
        bytes, limits: limits, appliesOrientation: appliesOrientation, into: &sink)
    case .jpeg:
      try JPEGDecoder.decode(
        bytes, limits: limits, appliesOrientation: appliesOrientation, into: &sink)
    case .other(let name), .unknown(let name):
      throw ImageFlaw("the signature", expected: "a PNG or a JPEG file", found: name)
    }
  }
}
