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

/// CIFAR-100: 50,000 + 10,000 color images, 32×32, of 100 classes in 20 groups (Krizhevsky 2009),
/// in the binary format.
///
/// The files are `train.bin` and `test.bin`. If a directory is given, they are searched in it and
/// in its subfolder `cifar-100-binary` only. Otherwise they are searched in
/// `$PINION_DATASETS/cifar-100-binary`, `$PINION_DATASETS`, the user's cache (`$XDG_CACHE_HOME` or
/// `~/.cache`, then `pinion/cifar-100-binary`) and `/usr/share/datasets/cifar-100-binary`.
public enum CIFAR100 {
  /// The one of an image's two labels that is its class.
  public enum Labels: Int, Sendable, CaseIterable {
    /// One of 20 groups, such as `flowers`.
    case coarse
    /// One of 100 classes, such as `orchid`.
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

  public static func classNames(_ labels: Labels = .fine) -> [String] {
    format.labels[labels.rawValue].classNames
  }

  /// Reads images (32, 32, 3) and class indices of shape `(1,)`.
  ///
  /// - Parameters:
  ///   - directory: The folder to search. Default: the standard folders above.
  ///   - labels: Which labels are the targets. Default: the fine ones.
  ///
  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if one is missing or
  /// broken, or if a file of names exists and names other classes.
  public static func load(
    from directory: (any FileLocation)? = nil, labels: Labels = .fine
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    try format.load(from: directory, label: labels.rawValue)
  }

  /// Finds the two files without reading them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has them, `FileError` if one is missing.
  package static func files(in directory: (any FileLocation)? = nil) throws -> DatasetFiles {
    try format.files(in: directory)
  }
}

extension CIFAR100 {
  static let fineNames = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup",
    "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house",
    "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man",
    "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy",
    "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal",
    "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar",
    "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman",
    "worm",
  ]

  static let coarseNames = [
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
    "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
    "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people",
    "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
  ]

  /// The coarse label of each fine one.
  public static let coarseLabels = [
    4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11,
    6, 11, 5, 10, 7, 6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5,
    5, 19, 8, 8, 15, 13, 14, 17, 18, 10, 16, 4, 17, 4, 2, 0, 17, 4, 18, 17,
    10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16, 12, 9, 13, 15, 13,
    16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13,
  ]
}
