package import FoundationEssentials

extension URL {
  /// The path to give to the system.
  package var systemPath: String {
    get throws(FileError) {
      let path = path(percentEncoded: false)
      guard isFileURL else {
        throw FileError(
          file: absoluteString, place: "URL", expected: "a file URL",
          found: "the scheme \(scheme.debugDescription)")
      }
      guard !path.isEmpty, !path.utf8.contains(0) else {
        throw FileError(
          file: absoluteString, place: "URL", expected: "a path without zero bytes",
          found: path.debugDescription)
      }
      return path
    }
  }
}
