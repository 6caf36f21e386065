public import FoundationEssentials
public import PinionData
internal import PinionTensor

/// A downloadable data set: its files, their checksums, and its reader.
public struct DatasetSource: Sendable {
  /// An identifier, such as `fashion-mnist`.
  public let name: String

  /// The display name, such as `Fashion-MNIST`.
  public let title: String

  /// The name of its folder in the cache, where the readers in `PinionData` look for it.
  public let folderName: String

  /// The files to download.
  public internal(set) var files: [RemoteFile]

  /// The files in the archive if ``files`` is a gzipped tar archive; otherwise empty.
  package let contents: [ArchiveFile]

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

  /// The download size in bytes.
  public var size: Int { files.reduce(0) { $0 + $1.size } }

  /// Finds the files without reading them.
  ///
  /// - Parameter folder: Default: the standard folders.
  /// - Throws: `DatasetNotFound` if no file is found, `FileError` if some are missing.
  package func locate(in folder: URL? = nil) throws -> DatasetFiles { try finder(folder) }

  /// Reads images and labels.
  ///
  /// - Parameter folder: Default: the standard folders.
  /// - Throws: `DatasetNotFound` if no file is found, `FileError` if a file is missing or invalid.
  public func load(from folder: URL? = nil) throws -> (train: ImageDataset, test: ImageDataset) {
    try reader(folder)
  }
}

/// A verified file of a data set.
public struct VerifiedFile: Sendable, Equatable {
  /// The way in which a file was verified.
  public enum Evidence: Sendable, Equatable {
    /// The file has the published checksum.
    case checksum
    /// The uncompressed contents have the published checksum.
    case contentsChecksum
    /// No checksum is published. The file was read, and its size and labels are valid.
    case structure
  }

  public let url: URL
  public let evidence: Evidence
  /// The algorithm of the checksum; nil for ``Evidence/structure``.
  public let algorithm: ChecksumAlgorithm?
}

extension DatasetSource {
  /// The same files and checksums at another location.
  ///
  /// - Parameter folder: The URL of a folder that contains ``files`` by name.
  public func mirrored(at folder: URL) -> DatasetSource {
    var copy = self
    copy.files = files.map { $0.moved(to: folder.appending(path: $0.name)) }
    return copy
  }
}

extension DatasetSource {
  /// Verifies the files without network access.
  ///
  /// - Parameter folder: Default: the standard folders.
  /// - Throws: `DatasetNotFound` if no file is found, `FileError` if a file is missing or invalid.
  public func verify(in folder: URL? = nil) throws -> [VerifiedFile] {
    let verified = try locate(in: folder).all.map { url in try verifiedFile(at: url) }
    // Files without a checksum are verified by reading the data set.
    if verified.contains(where: { $0.evidence == .structure }) { _ = try load(from: folder) }
    return verified
  }

  private func verifiedFile(at url: URL) throws -> VerifiedFile {
    let name = url.lastPathComponent
    guard let file = files.first(where: { $0.name == name || $0.name == name + ".gz" }) else {
      return VerifiedFile(url: url, evidence: .structure, algorithm: nil)
    }
    let checksum = file.checksum
    let found = try FileChecksum.hexadecimal(of: url, by: checksum.algorithm)
    if name == file.name, found == checksum.hexadecimal {
      return VerifiedFile(url: url, evidence: .checksum, algorithm: checksum.algorithm)
    }
    guard let contents = file.contentsChecksum else {
      throw FileError(
        file: url.path, place: "\(checksum.algorithm.rawValue)",
        expected: checksum.hexadecimal, found: found)
    }
    let unpacked = try FileChecksum.hexadecimal(ofContents: url, by: contents.algorithm)
    guard unpacked == contents.hexadecimal else {
      throw FileError(
        file: url.path, place: "\(contents.algorithm.rawValue) of the contents",
        expected: contents.hexadecimal, found: unpacked)
    }
    return VerifiedFile(url: url, evidence: .contentsChecksum, algorithm: contents.algorithm)
  }
}
