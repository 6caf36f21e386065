public import FoundationEssentials
public import PinionTensor

/// Labelled images that stay bytes in memory and become floats in 0…1 when they are copied.
public struct ImageDataset: Dataset {
  /// All images' bytes, (N, H, W, C) row-major.
  public let pixels: [UInt8]

  /// The shape of one image, (H, W, C).
  public let inputShape: Shape

  /// The class index of each image, in an array that each access makes anew.
  public var labels: [Int] { indices.all }

  /// How labels become targets.
  public let encoding: LabelEncoding

  private let indices: ClassIndices
  private let names: [String]
  private let imageSize: Int

  /// Images and their labels.
  ///
  /// - Parameters:
  ///   - pixels: (N, H, W, C) row-major, for N labels.
  ///   - imageShape: (H, W, C).
  ///   - labels: N class indices.
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///
  /// Throws ``DatasetError`` if the image shape is not three positive sizes, there is no class, the
  /// number of bytes is not N·H·W·C, or a label is not the index of a class.
  public init<Label: BinaryInteger>(
    pixels: [UInt8], imageShape: Shape, labels: [Label], classNames: [String],
    encoding: LabelEncoding = .index
  ) throws(DatasetError) {
    let imageSize = try DatasetError.elementCount(of: imageShape, named: "image shape")
    guard imageShape.rank == 3 else {
      throw DatasetError(
        place: "the image shape", expected: "(height, width, channels)", found: "\(imageShape)")
    }
    guard !classNames.isEmpty else {
      throw DatasetError(place: "the class names", expected: "at least one", found: "none")
    }
    guard pixels.count.isMultiple(of: imageSize) else {
      let whole = pixels.count / imageSize
      throw DatasetError(
        place: "image \(whole)", expected: "\(imageSize) bytes for the shape \(imageShape)",
        found: "\(pixels.count - whole * imageSize)")
    }
    try DatasetError.check(
      "the number of labels", expected: pixels.count / imageSize, because: "one for each image",
      found: labels.count)
    try DatasetError.check(labels, named: "label", within: classNames.count)
    self.pixels = pixels
    self.inputShape = imageShape
    indices = ClassIndices(labels, classes: classNames.count)
    self.encoding = encoding
    self.imageSize = imageSize
    names = classNames
  }

  private init(copying other: ImageDataset, encoding: LabelEncoding) {
    pixels = other.pixels
    inputShape = other.inputShape
    indices = other.indices
    names = other.names
    imageSize = other.imageSize
    self.encoding = encoding
  }

  /// The same images with one-hot targets, of shape `(classes,)`. The bytes are shared, not copied.
  public func oneHot() -> ImageDataset { ImageDataset(copying: self, encoding: .oneHot) }

  /// The number of images.
  public var count: Int { indices.count }

  /// `(1,)` for class indices, `(classes,)` for one-hot targets.
  public var targetShape: Shape { encoding.targetShape(classes: names.count) }

  /// The classes' names in the order of their indices.
  public var classNames: [String]? { names }

  /// 0…1.
  public var valueRange: ClosedRange<Float>? { 0...1 }

  /// Writes an image, (H, W, C), each byte v as v / 255.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    require(index >= 0 && index < count, "image \(index) of \(count)")
    PixelKernel.scale(pixels, from: index * imageSize, into: view, count: imageSize)
  }

  /// Writes a label as the encoding says.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    encoding.write(indices[index], into: view)
  }
}

extension ImageDataset {
  /// Images and labels from a pair of IDX files, gzip or plain, as MNIST and its successors come.
  ///
  /// - Parameters:
  ///   - idxImages: A file of shape (N, H, W); the images become (H, W, 1).
  ///   - idxLabels: A file of shape (N,).
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///   - byteLimit: The most bytes that a file may hold unpacked. Default: as ``IDXArray/init(contentsOf:rank:byteLimit:)``.
  ///
  /// Throws `FileError` if a file cannot be read or is no such IDX file, the files differ in N, or a label is not the
  /// index of a class.
  public init(
    idxImages: URL, idxLabels: URL, classNames: [String], encoding: LabelEncoding = .index,
    byteLimit: Int? = nil
  ) throws(FileError) {
    let images = try IDXArray(contentsOf: idxImages, rank: 3, byteLimit: byteLimit)
    let labels = try IDXArray(contentsOf: idxLabels, shape: [images.shape[0]])
    try self.init(
      images: images, labels: labels, from: idxLabels, classNames: classNames, encoding: encoding)
  }

  /// Images (N, H, W) and labels (N,) that were read; an error names the file of the labels.
  init(
    images: IDXArray, labels: IDXArray, from labelFile: URL, classNames: [String],
    encoding: LabelEncoding
  ) throws(FileError) {
    do throws(DatasetError) {
      try self.init(
        pixels: images.bytes, imageShape: [images.shape[1], images.shape[2], 1],
        labels: labels.bytes, classNames: classNames, encoding: encoding)
    } catch {
      throw FileError(
        file: labelFile.path, place: error.place, expected: error.expected, found: error.found)
    }
  }
}
