public import Foundation

/// An empty folder that is removed when its owner is deallocated.
public final class TemporaryFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "pinion-tests-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The relative paths of all files and folders, including hidden ones.
  public var contents: Set<String> {
    let names = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String }
    return Set(names ?? [])
  }

  /// The contents of a file; nil if it cannot be read.
  public func bytes(_ name: String) -> [UInt8]? {
    (try? Data(contentsOf: url.appending(path: name))).map { [UInt8]($0) }
  }

  /// Writes a file, and creates the subfolders in its name.
  public func write(_ bytes: [UInt8], to name: String) throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
}
