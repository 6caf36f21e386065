public import FoundationEssentials

/// MNIST: 60,000 + 10,000 grey images, 28×28, of handwritten digits (LeCun, Cortes and Burges 1998).
///
/// The files are searched in the folder given or its subfolder `mnist`, and only there; else in
/// `$PINION_DATASETS/mnist` and `$PINION_DATASETS`, in the user's cache (`$XDG_CACHE_HOME` or `~/.cache`,
/// then `pinion/mnist`), and in `/usr/share/datasets/mnist`. They have the names of Fashion-MNIST's.
public enum MNIST {
  /// The names of the ten classes: `0` to `9`.
  public static let classNames = (0..<10).map { "\($0)" }

  private static let format = MNISTFormat(
    title: "MNIST", folderName: "mnist", classNames: classNames,
    provision:
      "pinion-datasets download mnist, or the four files of a mirror in a folder searched, "
      + "such as ~/.cache/pinion/mnist")

  /// Reads the images and labels; images are (28, 28, 1), targets class indices of shape `(1,)`.
  ///
  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if one is missing or broken.
  public static func load(
    from directory: URL? = nil
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory)
  }

  /// Finds the four files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if they are nowhere, `FileError` if some are missing.
  public static func files(in directory: URL? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}
