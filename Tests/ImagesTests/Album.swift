import Foundation
import Testing

/// A folder of images for one test, which goes with it.
final class Album {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "pinion-images-tests-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, in subfolders if its name has some.
  func write(_ bytes: [UInt8], to name: String) throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  /// Writes a file under a name of any bytes, into a folder that is there.
  func write(_ bytes: [UInt8], toBytes name: [UInt8]) throws {
    let path = Array(url.path.utf8) + [UInt8(ascii: "/")] + name + [0]
    let opened: UnsafeMutablePointer<FILE>? = path.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { fopen($0.baseAddress!, "w") }
    }
    let file = try #require(opened)
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  func makeFolder(_ name: [UInt8]) {
    let path = Array(url.path.utf8) + [UInt8(ascii: "/")] + name + [0]
    path.withUnsafeBufferPointer { buffer in
      _ = buffer.withMemoryRebound(to: CChar.self) { mkdir($0.baseAddress!, 0o777) }
    }
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      at: url.appending(path: name), withIntermediateDirectories: true)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: url.appending(path: name).path, withDestinationPath: target)
  }
}
