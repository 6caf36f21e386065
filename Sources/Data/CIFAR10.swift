public import FoundationEssentials

/// CIFAR-10: 50,000 + 10,000 color images, 32×32, of ten kinds of things (Krizhevsky 2009), in the binary
/// layout.
///
/// The files `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` are searched in the folder given
/// or its subfolder `cifar-10-batches-bin`, and only there; else in `$PINION_DATASETS/cifar-10-batches-bin`
/// and `$PINION_DATASETS`, in the user's cache (`$XDG_CACHE_HOME` or `~/.cache`, then
/// `pinion/cifar-10-batches-bin`), and in `/usr/share/datasets/cifar-10-batches-bin`.
public enum CIFAR10 {
  /// The names of the ten classes.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  private static let format = CIFARFormat(
    title: "CIFAR-10", folderName: "cifar-10-batches-bin", archive: "cifar-10-binary.tar.gz",
    downloadName: "cifar10",
    training: (1...5).map { .init(name: "data_batch_\($0).bin", count: 10_000) },
    test: .init(name: "test_batch.bin", count: 10_000),
    labels: [
      CIFARLabel(name: "label", classNames: classNames, namesFile: "batches.meta.txt")
    ])

  /// Reads the images and labels; images are (32, 32, 3), targets class indices of shape `(1,)`.
  ///
  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if one is missing or broken, or if
  /// `batches.meta.txt` is there and names other classes.
  public static func load(
    from directory: URL? = nil
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory)
  }

  /// Finds the six files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if they are nowhere, `FileError` if some are missing.
  public static func files(in directory: URL? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}
