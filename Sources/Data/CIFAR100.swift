public import FoundationEssentials

/// CIFAR-100: 50,000 + 10,000 colour images, 32×32, of a hundred kinds of things in twenty groups
/// (Krizhevsky 2009), in the binary layout.
///
/// The files `train.bin` and `test.bin` are searched in the folder given or its subfolder
/// `cifar-100-binary`, and only there; else in `$PINION_DATASETS/cifar-100-binary` and `$PINION_DATASETS`,
/// in the user's cache (`$XDG_CACHE_HOME` or `~/.cache`, then `pinion/cifar-100-binary`), and in
/// `/usr/share/datasets/cifar-100-binary`.
public enum CIFAR100 {
  /// What counts as an image's class.
  public enum Labels: Int, Sendable, CaseIterable {
    /// One of twenty groups, such as `flowers`.
    case coarse
    /// One of a hundred kinds, such as `orchid`.
    case fine
  }

  private static let format = CIFARFormat(
    title: "CIFAR-100", folderName: "cifar-100-binary", archive: "cifar-100-binary.tar.gz",
    downloadName: "cifar100",
    training: [.init(name: "train.bin", count: 50_000)],
    test: .init(name: "test.bin", count: 10_000),
    labels: [
      CIFARLabel(
        name: "coarse label", classNames: coarseNames, namesFile: "coarse_label_names.txt"),
      CIFARLabel(name: "fine label", classNames: fineNames, namesFile: "fine_label_names.txt"),
    ])

  /// The names of the classes.
  public static func classNames(_ labels: Labels = .fine) -> [String] {
    format.labels[labels.rawValue].classNames
  }

  /// Reads the images and labels; images are (32, 32, 3), targets class indices of shape `(1,)`.
  ///
  /// - Parameters:
  ///   - directory: The folder to search. Default: the usual places.
  ///   - labels: Whether the classes are the hundred kinds or the twenty groups. Default: the kinds.
  ///
  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if one is missing or broken, or if a
  /// file of names is there and names other classes.
  public static func load(
    from directory: URL? = nil, labels: Labels = .fine
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory, label: labels.rawValue)
  }

  /// Finds the two files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if they are nowhere, `FileError` if one is missing.
  public static func files(in directory: URL? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}
