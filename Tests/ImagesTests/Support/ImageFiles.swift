import Foundation
import PinionTestSupport
import Testing

extension TemporaryFolder {
  /// Writes a file with a name of arbitrary bytes into an existing folder.
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
