public import FoundationEssentials
public import PinionData

/// A known data set: where it is published, what its files are, and how it is read.
public struct DatasetSource: Sendable {
  /// The name to download it by, such as `fashion-mnist`.
  public let name: String

  /// The name as its authors write it, such as `Fashion-MNIST`.
  public let title: String

  /// The name of its folder in the cache, where the readers of `PinionData` look for it.
  public let folderName: String

  /// What is downloaded.
  public internal(set) var files: [RemoteFile]

  /// What the files contain if they are gzipped tar archives, to be unpacked; else empty.
  public let contents: [ArchiveFile]

  private let finder: @Sendable (URL?) throws -> DatasetFiles
  private let reader: @Sendable (URL?) throws -> (train: ImageDataset, test: ImageDataset)

  package init(
    name: String, title: String, folderName: String, files: [RemoteFile],
    contents: [ArchiveFile] = [],
    finder: @escaping @Sendable (URL?) throws -> DatasetFiles,
    reader: @escaping @Sendable (URL?) throws -> (train: ImageDataset, test: ImageDataset)
  ) {
    self.name = name
    self.title = title
    self.folderName = folderName
    self.files = files
    self.contents = contents
    self.finder = finder
    self.reader = reader
  }

  /// The number of bytes to download.
  public var size: Int { files.reduce(0) { $0 + $1.size } }

  /// Finds the files in a folder or, by default, in the standard ones, without reading them.
  ///
  /// Throws `DatasetNotFound` if they are nowhere, `FileError` if some are missing.
  public func locate(in folder: URL? = nil) throws -> DatasetFiles { try finder(folder) }

  /// Reads the images and labels from a folder or, by default, from the standard ones.
  ///
  /// Throws `DatasetNotFound` if the files are nowhere, `FileError` if one is missing or broken.
  public func load(from folder: URL? = nil) throws -> (train: ImageDataset, test: ImageDataset) {
    try reader(folder)
  }
}
