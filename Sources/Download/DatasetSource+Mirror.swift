public import FoundationEssentials

extension DatasetSource {
  /// The same files, with the same checksums, from another server's folder.
  public func mirrored(at folder: URL) -> DatasetSource {
    var copy = self
    copy.files = files.map { $0.moved(to: folder.appending(path: $0.name)) }
    return copy
  }
}
