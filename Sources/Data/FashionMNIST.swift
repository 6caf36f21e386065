public import FoundationEssentials
internal import PinionTensor

/// Fashion-MNIST: 60,000 + 10,000 grey images, 28×28, of ten kinds of clothing (Xiao, Rasul and Vollgraf 2017).
///
/// The files are searched in the folder given, and only there; else in `$PINION_DATASETS/fashion-mnist` and
/// `$PINION_DATASETS`, in the user's cache (`$XDG_CACHE_HOME` or `~/.cache`, then `pinion/fashion-mnist`), and where
/// Debian's package `dataset-fashion-mnist` puts them, `/usr/share/datasets/fashion-mnist`.
public enum FashionMNIST {
  /// The names of the ten classes.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  static let locator = DatasetLocator(
    title: "Fashion-MNIST", folderName: "fashion-mnist",
    fileNames: [
      "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
      "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ],
    package: "dataset-fashion-mnist")

  /// Reads the images and labels; images are (28, 28, 1), targets class indices of shape `(1,)`.
  ///
  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if one is missing or broken.
  public static func load(
    from directory: URL? = nil
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    let files = try files(in: directory)
    return try (
      load(images: files.trainImages, labels: files.trainLabels, count: 60_000),
      load(images: files.testImages, labels: files.testLabels, count: 10_000)
    )
  }

  /// Finds the four files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if they are nowhere, `FileError` if some are missing.
  public static func files(in directory: URL? = nil) throws -> FashionMNISTFiles {
    let urls = try locator.locate(
      in: directory, environment: ProcessInfo.processInfo.environment)
    return FashionMNISTFiles(
      trainImages: urls[0], trainLabels: urls[1], testImages: urls[2], testLabels: urls[3])
  }

  private static func load(
    images: URL, labels: URL, count: Int
  ) throws(FileError) -> ImageDataset {
    try ImageDataset(
      images: IDXArray(contentsOf: images, shape: [count, 28, 28]),
      labels: IDXArray(contentsOf: labels, shape: [count]), from: labels, classNames: classNames,
      encoding: .index)
  }
}
