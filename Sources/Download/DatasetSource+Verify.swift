public import FoundationEssentials
internal import PinionTensor

extension DatasetSource {
  /// Checks the files in a folder or, by default, in the standard ones, without any network access.
  ///
  /// Throws `DatasetNotFound` if the files are nowhere, `FileError` if one is missing or not right.
  public func verify(in folder: URL? = nil) throws -> [VerifiedFile] {
    let verified = try locate(in: folder).all.map { url in try verifiedFile(at: url) }
    // Whatever has no checksum is read.
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
        file: url.path, place: "the \(checksum.algorithm.rawValue)",
        expected: checksum.hexadecimal, found: found)
    }
    let unpacked = try FileChecksum.hexadecimal(ofContents: url, by: contents.algorithm)
    guard unpacked == contents.hexadecimal else {
      throw FileError(
        file: url.path, place: "the \(contents.algorithm.rawValue) of the contents",
        expected: contents.hexadecimal, found: unpacked)
    }
    return VerifiedFile(url: url, evidence: .contentsChecksum, algorithm: contents.algorithm)
  }
}
