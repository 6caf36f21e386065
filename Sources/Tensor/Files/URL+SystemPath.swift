package import FoundationEssentials

extension URL {
  /// The path to give to the system, of names in UTF-8; ``SystemPath`` takes others.
  package var systemPath: String {
    get throws(FileError) {
      let path = try SystemPath(self)
      guard let text = String(validating: path.bytes, as: UTF8.self) else {
        throw FileError(
          file: "\(path)", place: "the path", expected: "names in UTF-8", found: "other bytes")
      }
      return text
    }
  }
}
