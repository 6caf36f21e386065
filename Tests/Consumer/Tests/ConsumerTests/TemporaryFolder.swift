import Foundation

/// A folder that goes with the value's owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("pinion-consumer-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A place for a file in the folder.
  func file(_ name: String) -> URL { URL(filePath: "\(path)/\(name)") }
}
