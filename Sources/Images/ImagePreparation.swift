internal import PinionData
internal import PinionTensor

/// The way from an image file to the bytes of a network's input, one for folders and for single files.
struct ImagePreparation {
  let height: Int
  let width: Int
  let channels: Int
  private let transparency: RasterImage.Transparency
  private let decoder: ImageDecoder

  /// Throws `ArgumentError` unless there can be images of that size.
  init(
    height: Int, width: Int, channels: Int, transparency: RasterImage.Transparency,
    appliesOrientation: Bool, pixelLimit: Int?
  ) throws(ArgumentError) {
    guard channels == 1 || channels == 3 else {
      throw ArgumentError(place: "the channels", expected: "1 or 3", found: "\(channels)")
    }
    let sides = 1...DecodingLimits.side
    guard sides.contains(height), sides.contains(width) else {
      throw ArgumentError(
        place: "the size of the images", expected: "sides of 1...\(DecodingLimits.side)",
        found: "\(height)×\(width)")
    }
    if let pixelLimit, pixelLimit < 1 {
      throw ArgumentError(
        place: "the limit of pixels", expected: "a positive number", found: "\(pixelLimit)")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.transparency = transparency
    decoder = ImageDecoder(pixelLimit: pixelLimit, appliesOrientation: appliesOrientation)
  }

  /// The bytes of an image.
  var byteCount: Int { height * width * channels }

  /// The bytes of a file's image, (H, W, C).
  func pixels(of reader: FileReader) throws(FileError) -> [UInt8] {
    var sink = makeSink()
    try decoder.decode(reader, into: &sink)
    return sink.image.bytes
  }

  /// The bytes of the image of an encoded file in memory.
  func pixels(of bytes: [UInt8], named name: String) throws(FileError) -> [UInt8] {
    var sink = makeSink()
    try decoder.decode(bytes, named: name, into: &sink)
    return sink.image.bytes
  }

  private func makeSink() -> ResamplingSink {
    ResamplingSink(height: height, width: width, channels: channels, transparency: transparency)
  }
}
