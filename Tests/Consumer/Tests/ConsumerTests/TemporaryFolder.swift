import Foundation

/// A folder that is removed when its owner is deallocated.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("pinion-consumer-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The URL of a file in the folder.
  func file(_ name: String) -> URL { URL(filePath: "\(path)/\(name)") }
}
