public import FoundationEssentials

extension DatasetSource {
  /// The same files, with the same checksums, from another server's folder.
  public func mirrored(at folder: URL) -> DatasetSource {
    var copy = self
    copy.files = files.map { file in
      RemoteFile(
        folder.appending(path: file.name), size: file.size, md5: file.md5,
        contentsMD5: file.contentsMD5)
    }
    return copy
  }
}
