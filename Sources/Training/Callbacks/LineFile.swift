internal import Glibc
internal import PinionTensor

/// A text file that grows line by line; each line is handed to the system at once.
final class LineFile {
  private let path: String
  private let descriptor: Int32

  /// The first line of what was in the file before, without its end; `nil` if the file is new or
  /// was emptied.
  let firstLine: String?

  init(_ path: String, append: Bool) throws(FileError) {
    self.path = path
    let mode = O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND | (append ? 0 : O_TRUNC)
    descriptor = open(path, mode, 0o666)
    guard descriptor >= 0 else {
      throw FileError(
        file: path, place: "opening", expected: "a file that can be written",
        found: String(cString: strerror(errno)))
    }
    firstLine = append ? Self.firstLine(descriptor) : nil
    if firstLine != nil { try endLastLine() }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds a line.
  func write(_ line: String) throws(FileError) { try writeAll(line + "\n") }

  /// A program that was killed may have left half a line.
  private func endLastLine() throws(FileError) {
    var last: UInt8 = 0
    let end = lseek(descriptor, 0, SEEK_END)
    if end > 0, pread(descriptor, &last, 1, end - 1) == 1, last != UInt8(ascii: "\n") {
      try writeAll("\n")
    }
  }

  private func writeAll(_ text: String) throws(FileError) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written >= 0 else {
        if errno == EINTR { continue }
        throw FileError(
          file: path, place: "writing", expected: "space for \(bytes.count) bytes",
          found: String(cString: strerror(errno)))
      }
      bytes = bytes.dropFirst(written)
    }
  }

  private static func firstLine(_ descriptor: Int32) -> String? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
      guard count > 0 else { break }
      if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) {
        bytes += chunk[..<end]
        break
      }
      bytes += chunk[..<count]
    }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
