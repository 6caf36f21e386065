import Foundation

/// A folder of a test's own, which goes with it.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "pinion-download-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The names of all files and folders in it, hidden ones included, with their paths from here.
  var contents: Set<String> {
    let names = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String }
    return Set(names ?? [])
  }

  func bytes(_ name: String) -> [UInt8]? {
    (try? Data(contentsOf: url.appending(path: name))).map { [UInt8]($0) }
  }
}
