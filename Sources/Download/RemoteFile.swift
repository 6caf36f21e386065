public import FoundationEssentials

/// A file of a data set as it is published: where, and how to know that it arrived whole.
public struct RemoteFile: Sendable, Equatable {
  /// The official address.
  public let url: URL
  /// The name that it gets in the folder of the data set.
  public let name: String
  /// The published number of bytes.
  public let size: Int
  /// The published MD5, in lower-case hexadecimal.
  public let md5: String
  /// The MD5 of what a gzip file contains, for copies that somebody packed anew; nil if it is not known.
  public let contentsMD5: String?

  /// A file whose name is the last component of its address.
  package init(_ url: URL, size: Int, md5: String, contentsMD5: String? = nil) {
    self.url = url
    self.size = size
    self.md5 = md5
    self.contentsMD5 = contentsMD5
    name = url.lastPathComponent
  }
}
