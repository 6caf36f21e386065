/// A file that an archive must contain.
public struct ArchiveFile: Sendable, Equatable {
  /// Its name in the folder of the data set.
  public let name: String
  /// Its number of bytes.
  public let size: Int

  package init(_ name: String, size: Int) {
    self.name = name
    self.size = size
  }
}
