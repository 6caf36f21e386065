public import FoundationEssentials
internal import PinionData
public import PinionTensor

extension Tensor {
  /// The images of files as a batch to predict on, (N, H, W, C) in 0…1: the numbers that a data set of
  /// ``ImageFolder/load(_:height:width:channels:classes:encoding:onUnreadable:transparency:appliesOrientation:pixelLimit:)`` holds.
  ///
  /// ```swift
  /// let probabilities = try model.predict(Tensor(imageFiles: [file], height: 32, width: 32))
  /// ```
  ///
  /// - Parameters:
  ///   - files: PNG or JPEG files.
  ///   - height: The height to stretch all images to, in pixels.
  ///   - width: The width likewise.
  ///   - channels: 1 for gray, 3 for RGB. Default: 3.
  ///   - transparency: What becomes of opacity. Default: it is ignored.
  ///   - appliesOrientation: Whether to turn photographs as their EXIF data say. Default: no.
  ///   - pixelLimit: The greatest number of pixels in a file. Default: 2²⁴ and 16 more for each byte of the file.
  ///
  /// Throws `FileError` for the first file that cannot be read, `ArgumentError` if the size makes no sense.
  public init(
    imageFiles files: [URL], height: Int, width: Int, channels: Int = 3,
    transparency: RasterImage.Transparency = .ignored, appliesOrientation: Bool = false,
    pixelLimit: Int? = nil
  ) throws {
    let preparation = try ImagePreparation(
      height: height, width: width, channels: channels, transparency: transparency,
      appliesOrientation: appliesOrientation, pixelLimit: pixelLimit)
    try self.init(preparation, count: files.count) { (index) throws(FileError) in
      try preparation.pixels(of: FileReader(files[index]))
    }
  }

  /// The images of PNG or JPEG files in memory, such as a request's body, as a batch to predict on.
  ///
  /// As ``init(imageFiles:height:width:channels:transparency:appliesOrientation:pixelLimit:)``; an error names the
  /// place in `images` instead of the file.
  public init(
    encodedImages images: [[UInt8]], height: Int, width: Int, channels: Int = 3,
    transparency: RasterImage.Transparency = .ignored, appliesOrientation: Bool = false,
    pixelLimit: Int? = nil
  ) throws {
    let preparation = try ImagePreparation(
      height: height, width: width, channels: channels, transparency: transparency,
      appliesOrientation: appliesOrientation, pixelLimit: pixelLimit)
    try self.init(preparation, count: images.count) { (index) throws(FileError) in
      try preparation.pixels(of: images[index], named: "image \(index)")
    }
  }

  private init(
    _ preparation: ImagePreparation, count: Int,
    pixels: (_ index: Int) throws(FileError) -> [UInt8]
  ) throws {
    var bytes: [UInt8] = []
    for index in 0..<count { bytes += try pixels(index) }
    let shape = [preparation.height, preparation.width, preparation.channels]
    self = Tensor.zeros(Shape([count] + shape))
    guard count > 0 else { return }
    // A data set's own way from bytes to floats, so that the bits are equal.
    let images = try ImageDataset(
      pixels: bytes, imageShape: Shape(shape), labels: [Int](repeating: 0, count: count),
      classNames: [""])
    mutate { view in
      for index in 0..<count {
        let start = index * preparation.byteCount
        images.copyInput(at: index, into: view[start..<start + preparation.byteCount])
      }
    }
  }
}
