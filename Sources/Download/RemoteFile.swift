public import FoundationEssentials

/// A published file of a data set.
public struct RemoteFile: Sendable, Equatable {
  /// The official URL.
  public let url: URL
  /// The file name in the data set's folder.
  public let name: String
  /// The published size in bytes.
  public let size: Int
  /// The published MD5 in lower-case hexadecimal, used if there is no SHA-256.
  public let md5: String
  /// The SHA-256 in lower-case hexadecimal, if known.
  public let sha256: String?
  /// The MD5 of a gzip file's uncompressed contents, for recompressed copies, if known.
  public let contentsMD5: String?
  /// The SHA-256 of a gzip file's uncompressed contents, if known.
  public let contentsSHA256: String?

  /// - Parameter url: Its last component becomes the file's name.
  package init(
    _ url: URL, size: Int, md5: String, sha256: String? = nil, contentsMD5: String? = nil,
    contentsSHA256: String? = nil
  ) {
    self.url = url
    self.size = size
    self.md5 = md5
    self.sha256 = sha256
    self.contentsMD5 = contentsMD5
    self.contentsSHA256 = contentsSHA256
    name = url.lastPathComponent
  }

  /// The same file at another URL.
  func moved(to url: URL) -> RemoteFile {
    RemoteFile(
      url, size: size, md5: md5, sha256: sha256, contentsMD5: contentsMD5,
      contentsSHA256: contentsSHA256)
  }

  /// The strongest known checksum.
  var checksum: FileChecksum {
    sha256.map { FileChecksum(algorithm: .sha256, hexadecimal: $0) }
      ?? FileChecksum(algorithm: .md5, hexadecimal: md5)
  }

  /// The strongest known checksum of the uncompressed contents.
  var contentsChecksum: FileChecksum? {
    contentsSHA256.map { FileChecksum(algorithm: .sha256, hexadecimal: $0) }
      ?? contentsMD5.map { FileChecksum(algorithm: .md5, hexadecimal: $0) }
  }
}

/// A file in an archive.
package struct ArchiveFile: Sendable, Equatable {
  /// The file name in the data set's folder.
  package let name: String
  /// In bytes.
  package let size: Int

  package init(_ name: String, size: Int) {
    self.name = name
    self.size = size
  }
}
