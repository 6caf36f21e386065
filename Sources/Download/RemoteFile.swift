public import FoundationEssentials

/// A file of a data set as it is published: where, and how to know that it arrived whole.
public struct RemoteFile: Sendable, Equatable {
  /// The official address.
  public let url: URL
  /// The name that it gets in the folder of the data set.
  public let name: String
  /// The published number of bytes.
  public let size: Int
  /// The published MD5, in lower-case hexadecimal; it counts where no SHA-256 is known.
  public let md5: String
  /// The SHA-256; nil if it is not known.
  public let sha256: String?
  /// The MD5 of what a gzip file contains, for copies that somebody packed anew; nil if it is not known.
  public let contentsMD5: String?
  /// The SHA-256 of what a gzip file contains; nil if it is not known.
  public let contentsSHA256: String?

  /// A file whose name is the last component of its address.
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

  /// The same file at another address.
  func moved(to url: URL) -> RemoteFile {
    RemoteFile(
      url, size: size, md5: md5, sha256: sha256, contentsMD5: contentsMD5,
      contentsSHA256: contentsSHA256)
  }

  /// The strongest checksum that is known, which is the one that counts.
  var checksum: FileChecksum {
    sha256.map { FileChecksum(algorithm: .sha256, hexadecimal: $0) }
      ?? FileChecksum(algorithm: .md5, hexadecimal: md5)
  }

  /// The strongest checksum that is known of what it contains.
  var contentsChecksum: FileChecksum? {
    contentsSHA256.map { FileChecksum(algorithm: .sha256, hexadecimal: $0) }
      ?? contentsMD5.map { FileChecksum(algorithm: .md5, hexadecimal: $0) }
  }
}
