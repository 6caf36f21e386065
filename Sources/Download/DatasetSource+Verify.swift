public import FoundationEssentials
internal import PinionTensor

extension DatasetSource {
  /// Checks the files in a folder or, by default, in the standard ones, without any network access.
  ///
  /// Throws `DatasetNotFound` if the files are nowhere, `FileError` if one is missing or not right.
  public func verify(in folder: URL? = nil) throws -> [VerifiedFile] {
    let verified = try locate(in: folder).all.map { url in
      VerifiedFile(url: url, evidence: try evidence(for: url))
    }
    // Whatever has no checksum is read.
    if verified.contains(where: { $0.evidence == .structure }) { _ = try load(from: folder) }
    return verified
  }

  private func evidence(for url: URL) throws -> VerifiedFile.Evidence {
    let name = url.lastPathComponent
    guard let file = files.first(where: { $0.name == name || $0.name == name + ".gz" }) else {
      return .structure
    }
    let found = try Checksum.md5(of: url)
    if name == file.name, found == file.md5 { return .checksum }
    guard let expected = file.contentsMD5 else {
      throw FileError(file: url.path, place: "the MD5", expected: file.md5, found: found)
    }
    let contents = try Checksum.md5(ofContents: url)
    guard contents == expected else {
      throw FileError(
        file: url.path, place: "the MD5 of the contents", expected: expected, found: contents)
    }
    return .contentsChecksum
  }
}
