internal import FoundationEssentials
public import PinionTensor

/// MNIST: 60,000 + 10,000 gray images, 28×28, of handwritten digits (LeCun, Cortes and Burges
/// 1998).
///
/// If a directory is given, the files are searched in it and in its subfolder `mnist` only.
/// Otherwise they are searched in `$PINION_DATASETS/mnist`, `$PINION_DATASETS`, the user's cache
/// (`$XDG_CACHE_HOME` or `~/.cache`, then `pinion/mnist`) and `/usr/share/datasets/mnist`. They
/// have the same names as Fashion-MNIST's.
public enum MNIST {
  /// `0` to `9`.
  public static let classNames = (0..<10).map { "\($0)" }

  private static let format = MNISTFormat(
    title: "MNIST", folderName: "mnist", classNames: classNames,
    provision:
      "pinion-datasets download mnist, or the four files of a mirror in a folder searched, "
      + "such as ~/.cache/pinion/mnist")

  /// Reads images (28, 28, 1) and class indices of shape `(1,)`.
  ///
  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if one is missing or
  /// broken.
  public static func load(
    from directory: (any FileLocation)? = nil
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory)
  }

  /// Finds the four files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has them, `FileError` if some are missing.
  package static func files(in directory: (any FileLocation)? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}

/// Fashion-MNIST: 60,000 + 10,000 gray images, 28×28, of ten kinds of clothing (Xiao, Rasul and
/// Vollgraf 2017).
///
/// If a directory is given, the files are searched in it and in its subfolder `fashion-mnist` only.
/// Otherwise they are searched in `$PINION_DATASETS/fashion-mnist`, `$PINION_DATASETS`, the user's
/// cache (`$XDG_CACHE_HOME` or `~/.cache`, then `pinion/fashion-mnist`) and
/// `/usr/share/datasets/fashion-mnist`, where Debian's package `dataset-fashion-mnist` installs
/// them.
public enum FashionMNIST {
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  private static let format = MNISTFormat(
    title: "Fashion-MNIST", folderName: "fashion-mnist", classNames: classNames,
    provision: "pinion-datasets download fashion-mnist, or apt-get install dataset-fashion-mnist")

  /// Reads images (28, 28, 1) and class indices of shape `(1,)`.
  ///
  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if one is missing or
  /// broken.
  public static func load(
    from directory: (any FileLocation)? = nil
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory)
  }

  /// Finds the four files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has them, `FileError` if some are missing.
  package static func files(in directory: (any FileLocation)? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}

/// A data set in MNIST's format: four IDX files, 60,000 + 10,000 gray images, 28×28, of ten
/// classes.
struct MNISTFormat {
  let classNames: [String]
  private let locator: DatasetLocator

  init(title: String, folderName: String, classNames: [String], provision: String) {
    self.classNames = classNames
    locator = DatasetLocator(
      title: title, folderName: folderName,
      fileNames: [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
      ],
      provision: provision)
  }

  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if some are missing.
  func files(in directory: (any FileLocation)?) throws -> DatasetFiles {
    let urls = try locator.locate(
      in: directory, environment: ProcessInfo.processInfo.environment)
    return DatasetFiles(training: Array(urls[0..<2]), test: Array(urls[2..<4]))
  }

  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if one is missing or
  /// broken.
  func load(from directory: (any FileLocation)?) throws -> (train: ImageDataset, test: ImageDataset)
  {
    let files = try files(in: directory)
    return try (
      load(files.training, count: 60_000),
      load(files.test, count: 10_000)
    )
  }

  private func load(_ pair: [URL], count: Int) throws(FileError) -> ImageDataset {
    try ImageDataset(
      images: IDXArray(contentsOf: pair[0], shape: [count, 28, 28]),
      labels: IDXArray(contentsOf: pair[1], shape: [count]), from: pair[1],
      classNames: classNames, encoding: .index)
  }
}

/// The contents of an IDX file of bytes, the format of MNIST and its successors.
///
/// An IDX file is two zero bytes, the code of the element type (8: bytes), the number of
/// dimensions, each dimension as a big-endian 32-bit number, then the elements, row-major (LeCun,
/// "The MNIST database of handwritten digits").
public struct IDXArray: Sendable, Equatable {
  /// (N,) for labels, (N, H, W) for images.
  public let shape: Shape

  /// Row-major.
  public let bytes: [UInt8]

  /// Reads a file, gzip or plain, with `rank` dimensions.
  ///
  /// - Parameter byteLimit: Upper bound of the number of elements. Default: twice the file's size
  ///   plus 64 MiB, which no plain file reaches; gzip can unpack to a thousand times its size.
  ///
  /// Throws `FileError` if the file cannot be read, its header is not that of bytes with `rank`
  /// dimensions, it has more than `byteLimit` elements, or it has fewer or more than its header
  /// says.
  public init(contentsOf file: some FileLocation, rank: Int, byteLimit: Int? = nil)
    throws(FileError)
  {
    try self.init(
      contentsOf: file.fileURL, rank: rank, byteLimit: byteLimit, expected: nil)
  }

  /// Reads a file, gzip or plain, of the given shape.
  ///
  /// Throws `FileError` if the file cannot be read or is not such a file; another shape is an error
  /// before elements are read.
  public init(contentsOf file: some FileLocation, shape: Shape) throws(FileError) {
    try self.init(contentsOf: file.fileURL, rank: shape.rank, byteLimit: .max, expected: shape)
  }

  private init(
    contentsOf url: URL, rank: Int, byteLimit: Int?, expected: Shape?
  ) throws(FileError) {
    let reader = try GzipReader(url)
    let path = reader.path
    shape = try Self.readShape(from: reader, rank: rank)
    if let expected, shape != expected {
      throw FileError(
        file: path, place: "the dimensions", expected: "\(expected)", found: "\(shape)")
    }
    let byteLimit = byteLimit ?? 2 * reader.fileSize + (1 << 26)
    guard let count = shape.checkedElementCount, count <= byteLimit else {
      throw FileError(
        file: path, place: "the dimensions",
        expected: "positive ones with a product of at most \(byteLimit)", found: "\(shape)")
    }
    guard count <= reader.maximumContents else {
      throw FileError(
        file: path, place: "the elements", expected: "\(count) bytes for the shape \(shape)",
        found: "a file that holds at most \(reader.maximumContents)")
    }
    bytes = try reader.read(count, place: "the elements")
    try reader.expectEnd(place: "after the elements")
  }

  static func readShape(from reader: GzipReader, rank: Int) throws(FileError) -> Shape {
    let magic = try reader.read(4, place: "the magic number")
    func check(_ place: String, _ expected: [UInt8], _ found: [UInt8]) throws(FileError) {
      guard expected != found else { return }
      throw FileError(file: reader.path, place: place, expected: "\(expected)", found: "\(found)")
    }
    try check("the first two bytes", [0, 0], Array(magic[0..<2]))
    try check("the code of the element type", [8], [magic[2]])
    try check("the number of dimensions", [UInt8(clamping: rank)], [magic[3]])
    var dimensions: [Int] = []
    for axis in 0..<Int(magic[3]) {
      let bytes = try reader.read(4, place: "dimension \(axis)")
      dimensions.append(bytes.reduce(0) { $0 << 8 | Int($1) })
    }
    return Shape(dimensions)
  }
}
