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
