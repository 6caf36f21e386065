internal import PinionData
internal import PinionTensor

/// Decodes images into the pixels of a network's input.
struct ImagePreparation {
  let height: Int
  let width: Int
  let channels: Int
  private let transparency: RasterImage.Transparency
  private let decoder: ImageDecoder

  /// - Throws: `ArgumentError` if an argument is invalid.
  init(
    height: Int, width: Int, channels: Int, transparency: RasterImage.Transparency,
    appliesOrientation: Bool, pixelLimit: Int?
  ) throws(ArgumentError) {
    guard channels == 1 || channels == 3 else {
      throw ArgumentError(place: "channels", expected: "1 or 3", found: "\(channels)")
    }
    let sides = 1...DecodingLimits.side
    guard sides.contains(height), sides.contains(width) else {
      throw ArgumentError(
        place: "image size", expected: "sides of 1...\(DecodingLimits.side)",
        found: "\(height)×\(width)")
    }
    if let pixelLimit, pixelLimit < 1 {
      throw ArgumentError(
        place: "pixelLimit", expected: "a positive number", found: "\(pixelLimit)")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.transparency = transparency
    decoder = ImageDecoder(pixelLimit: pixelLimit, appliesOrientation: appliesOrientation)
  }

  /// The size of one image in bytes.
  var byteCount: Int { height * width * channels }

  /// The pixels of a file, (height, width, channels).
  func pixels(of reader: FileReader) throws(FileError) -> [UInt8] {
    var sink = makeSink()
    try decoder.decode(reader, into: &sink)
    return sink.image.bytes
  }

  /// The pixels of an encoded image in memory.
  func pixels(of bytes: [UInt8], named name: String) throws(FileError) -> [UInt8] {
    var sink = makeSink()
    try decoder.decode(bytes, named: name, into: &sink)
    return sink.image.bytes
  }

  private func makeSink() -> ResamplingSink {
    ResamplingSink(height: height, width: width, channels: channels, transparency: transparency)
  }
}
