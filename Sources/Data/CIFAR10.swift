public import PinionTensor

/// CIFAR-10: 50,000 + 10,000 color images, 32×32, of ten classes (Krizhevsky 2009), in the binary
/// format.
///
/// The files are `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`. If a directory is
/// given, they are searched in it and in its subfolder `cifar-10-batches-bin` only. Otherwise they
/// are searched in `$PINION_DATASETS/cifar-10-batches-bin`, `$PINION_DATASETS`, the user's cache
/// (`$XDG_CACHE_HOME` or `~/.cache`, then `pinion/cifar-10-batches-bin`) and
/// `/usr/share/datasets/cifar-10-batches-bin`.
public enum CIFAR10 {
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

  /// Reads images (32, 32, 3) and class indices of shape `(1,)`.
  ///
  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if one is missing or
  /// broken, or if `batches.meta.txt` exists and names other classes.
  public static func load(
    from directory: (any FileLocation)? = nil
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory)
  }

  /// Finds the six files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has them, `FileError` if some are missing.
  package static func files(in directory: (any FileLocation)? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}
