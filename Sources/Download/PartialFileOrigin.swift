/// What is kept beside the part of a file that has arrived, so that the rest can be asked for later.
struct PartialFileOrigin: Codable, Equatable {
  /// The address.
  let url: String
  /// The server's mark of the version; nil if it has none, or only a weak one, which says nothing about
  /// bytes.
  let entityTag: String?
  /// The server's date of the version.
  let lastModified: String?
  /// The bytes of the whole file; nil if the server did not say.
  let count: Int?

  init(url: String, head: HTTPHead) {
    self.url = url
    entityTag = head["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }
    lastModified = head["last-modified"]
    count = head.contentLength
  }

  /// What `If-Range` takes: the rest is sent only if the file is still this version.
  ///
  /// nil if there is none, or it has characters that no header may have and that could start another one.
  var validator: String? {
    guard let validator = entityTag ?? lastModified,
      validator.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
    else { return nil }
    return validator
  }
}
