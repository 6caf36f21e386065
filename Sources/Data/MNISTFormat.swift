internal import FoundationEssentials
internal import PinionTensor

/// A data set in MNIST's form: four IDX files, 60,000 + 10,000 grey images, 28×28, of ten classes.
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

  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if some are missing.
  func files(in directory: URL?) throws -> DatasetFiles {
    let urls = try locator.locate(
      in: directory, environment: ProcessInfo.processInfo.environment)
    return DatasetFiles(training: Array(urls[0..<2]), test: Array(urls[2..<4]))
  }

  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if one is missing or broken.
  func load(from directory: URL?) throws -> (train: ImageDataset, test: ImageDataset) {
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
