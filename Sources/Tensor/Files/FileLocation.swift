public import FoundationEssentials

/// The location of a file: a `URL`, or a path as a `String`.
///
/// Functions that read or write files take `some FileLocation`, so that both are accepted.
public protocol FileLocation: Sendable {
  var fileURL: URL { get }
  var filePath: String { get }
}

extension URL: FileLocation {
  public var fileURL: URL { self }
  public var filePath: String { path }
}

/// A path that does not start with a slash is relative to the working directory.
extension String: FileLocation {
  public var fileURL: URL { URL(filePath: self) }
  public var filePath: String { self }
}
