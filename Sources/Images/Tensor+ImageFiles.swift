public import FoundationEssentials
internal import PinionData
public import PinionTensor

extension Tensor {
  /// Decodes image files into a batch of shape (N, height, width, channels) with values in 0...1,
  /// equal to the inputs of data sets from
  /// ``ImageFolder/load(_:height:width:channels:classes:encoding:onUnreadable:transparency:appliesOrientation:pixelLimit:)``.
  ///
  /// ```swift
  /// let probabilities = try model.predict(Tensor(imageFiles: [file], height: 32, width: 32))
  /// ```
  ///
  /// - Parameters:
  ///   - files: PNG or JPEG files.
  ///   - height: The height to which all images are resampled, in pixels.
  ///   - width: The width to which all images are resampled, in pixels.
  ///   - channels: 1 for gray, 3 for RGB. Default: 3.
  ///   - transparency: The handling of alpha channels. Default: they are ignored.
  ///   - appliesOrientation: Whether to apply the EXIF orientation. Default: false.
  ///   - pixelLimit: The largest number of pixels of a file. Default: 2²⁴ plus 16 per byte of the
  ///     file.
  ///
  /// - Throws: `FileError` for the first file that cannot be decoded; `ArgumentError` if an
  ///   argument is invalid.
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

  /// Decodes PNG or JPEG files in memory, such as the body of a request, into a batch.
  ///
  /// As ``init(imageFiles:height:width:channels:transparency:appliesOrientation:pixelLimit:)``;
  /// errors name the image by its index.
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
    // Uses the data set's own conversion to floats, so that the bits are equal.
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
