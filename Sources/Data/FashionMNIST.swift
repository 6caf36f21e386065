public import FoundationEssentials

/// Fashion-MNIST: 60,000 + 10,000 grey images, 28×28, of ten kinds of clothing (Xiao, Rasul and Vollgraf
/// 2017).
///
/// The files are searched in the folder given or its subfolder `fashion-mnist`, and only there; else in
/// `$PINION_DATASETS/fashion-mnist` and `$PINION_DATASETS`, in the user's cache (`$XDG_CACHE_HOME` or
/// `~/.cache`, then `pinion/fashion-mnist`), and where Debian's package `dataset-fashion-mnist` puts them,
/// `/usr/share/datasets/fashion-mnist`.
public enum FashionMNIST {
  /// The names of the ten classes.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  private static let format = MNISTFormat(
    title: "Fashion-MNIST", folderName: "fashion-mnist", classNames: classNames,
    provision: "pinion-datasets download fashion-mnist, or apt-get install dataset-fashion-mnist")

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
