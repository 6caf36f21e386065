internal import FoundationEssentials
public import PinionTensor

/// Labeled images that are bytes in memory and become floats in 0…1 when they are copied.
public struct ImageDataset: Dataset {
  /// (N, H, W, C) row-major.
  public let pixels: [UInt8]

  /// (H, W, C).
  public let inputShape: Shape

  /// The class index of each image. Each access creates the array.
  public var labels: [Int] { indices.all }

  public let encoding: LabelEncoding

  private let indices: ClassIndices
  private let names: [String]
  private let imageSize: Int

  /// - Parameters:
  ///   - pixels: (N, H, W, C) row-major, for N labels.
  ///   - imageShape: (H, W, C).
  ///   - labels: N class indices.
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape
  ///     `(classes,)`.
  ///
  /// Throws `ArgumentError` if the image shape is not three positive sizes, there is no class, the
  /// number of bytes is not N·H·W·C, or a label is not the index of a class.
  public init<Label: BinaryInteger>(
    pixels: [UInt8], imageShape: Shape, labels: [Label], classNames: [String],
    encoding: LabelEncoding = .index
  ) throws(ArgumentError) {
    let imageSize = try ArgumentError.elementCount(of: imageShape, named: "image shape")
    guard imageShape.rank == 3 else {
      throw ArgumentError(
        place: "the image shape", expected: "(height, width, channels)", found: "\(imageShape)")
    }
    guard !classNames.isEmpty else {
      throw ArgumentError(place: "the class names", expected: "at least one", found: "none")
    }
    guard pixels.count.isMultiple(of: imageSize) else {
      let whole = pixels.count / imageSize
      throw ArgumentError(
        place: "image \(whole)", expected: "\(imageSize) bytes for the shape \(imageShape)",
        found: "\(pixels.count - whole * imageSize)")
    }
    try ArgumentError.check(
      "the number of labels", expected: pixels.count / imageSize, because: "one for each image",
      found: labels.count)
    try ArgumentError.check(labels, named: "label", within: classNames.count)
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

  /// The same images, not copied, with one-hot targets of shape `(classes,)`.
  public func oneHot() -> ImageDataset { ImageDataset(copying: self, encoding: .oneHot) }

  /// The number of images.
  public var count: Int { indices.count }

  /// `(1,)` for class indices, `(classes,)` for one-hot targets.
  public var targetShape: Shape { encoding.targetShape(classes: names.count) }

  public var classNames: [String]? { names }

  /// 0…1.
  public var valueRange: ClosedRange<Float>? { 0...1 }

  /// Writes an image, (H, W, C), each byte v as v / 255.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    require(index >= 0 && index < count, "image \(index) of \(count)")
    PixelKernel.scale(pixels, from: index * imageSize, into: view, count: imageSize)
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    encoding.write(indices[index], into: view)
  }
}

extension ImageDataset {
  /// Images and labels from a pair of IDX files, gzip or plain, the format of MNIST.
  ///
  /// - Parameters:
  ///   - idxImages: A file of shape (N, H, W); images have the shape (H, W, 1).
  ///   - idxLabels: A file of shape (N,).
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape
  ///     `(classes,)`.
  ///   - byteLimit: Upper bound of a file's unpacked bytes. Default: as
  ///     ``IDXArray/init(contentsOf:rank:byteLimit:)``.
  ///
  /// Throws `FileError` if a file cannot be read or is not such an IDX file, the files differ in N,
  /// or a label is not the index of a class.
  public init(
    idxImages: some FileLocation, idxLabels: some FileLocation, classNames: [String],
    encoding: LabelEncoding = .index,
    byteLimit: Int? = nil
  ) throws(FileError) {
    let images = try IDXArray(contentsOf: idxImages, rank: 3, byteLimit: byteLimit)
    let labels = try IDXArray(contentsOf: idxLabels, shape: [images.shape[0]])
    try self.init(
      images: images, labels: labels, from: idxLabels.fileURL, classNames: classNames,
      encoding: encoding)
  }

  /// - Parameters:
  ///   - images: (N, H, W).
  ///   - labels: (N,).
  ///   - labelFile: For errors.
  init(
    images: IDXArray, labels: IDXArray, from labelFile: URL, classNames: [String],
    encoding: LabelEncoding
  ) throws(FileError) {
    do throws(ArgumentError) {
      try self.init(
        pixels: images.bytes, imageShape: [images.shape[1], images.shape[2], 1],
        labels: labels.bytes, classNames: classNames, encoding: encoding)
    } catch {
      throw FileError(
        file: labelFile.path, place: error.place, expected: error.expected, found: error.found)
    }
  }
}

/// The encoding of a class label as a target.
public enum LabelEncoding: String, Sendable, Codable {
  /// The index as a float; shape `(1,)`.
  case index
  /// 1 at the index and 0 elsewhere; shape `(C,)`, with C classes. Keras's `to_categorical`.
  case oneHot
}

extension LabelEncoding {
  package func targetShape(classes: Int) -> Shape { self == .index ? [1] : [classes] }

  /// Writes the target of one label into a view of ``targetShape(classes:)``.
  package func write(_ label: Int, into view: MemoryView<Float>) {
    switch self {
    case .index:
      require(view.count == 1, "a class index into \(view.count) floats")
      view[0] = Float(label)
    case .oneHot:
      view.fill(0)
      view[label] = 1
    }
  }
}
