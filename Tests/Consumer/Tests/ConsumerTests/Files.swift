import Foundation

enum Files {
  /// The folder of this package.
  static let consumer = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of Pinion.
  static let pinion = consumer.deletingLastPathComponent().deletingLastPathComponent()

  /// The lines of a file without indentation.
  static func lines(_ url: URL) throws -> [String] {
    try String(contentsOf: url, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// All files in a folder and its subfolders with a given extension.
  static func all(_ fileExtension: String, in folder: URL) -> [URL] {
    let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (found?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == fileExtension }
  }
}
