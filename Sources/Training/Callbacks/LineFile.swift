internal import FoundationEssentials
internal import Glibc
internal import PinionTensor

/// A text file to which lines are added, without buffering. While it is open, no other
/// ``LineFile``, of this program or another, can open it.
final class LineFile {
  /// The longest header in bytes.
  private static let longestLine = 1 << 20

  private let path: String
  private let descriptor: Int32

  /// Opens or creates a file; does not truncate it. Without `append`, a symbolic link and a file
  /// with further names (hard links) are replaced, so that no other file is changed through them;
  /// with it, a symbolic link is an error.
  init(_ path: String, append: Bool) throws(FileError) {
    self.path = path
    if !append { try Self.removeLink(path) }
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND | (Self.isSpecial(path) ? 0 : O_NOFOLLOW)
    // Assigned at the end: after an error, `deinit` would close a complete instance once more.
    let opened: Int32
    do throws(SystemError) {
      opened = try SystemError.check { unsafe open(path, flags, 0o666) }
    } catch {
      throw FileError(
        file: path, place: "opening", expected: "a file that can be written",
        found: error.code == ELOOP ? "a symbolic link" : error.text)
    }
    if !Self.isSpecial(path), flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(opened)
      throw FileError(
        file: path, place: "locking", expected: "a file that no other run writes to",
        found: "a run in progress")
    }
    descriptor = opened
  }

  deinit { unlockAndClose(descriptor) }

  /// Throws unless the file can be opened. Leaves no new file.
  static func check(_ path: String, append: Bool) throws {
    var status = stat()
    if isSpecial(path) { return }
    if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      guard unsafe access(path, W_OK) == 0 else {
        throw SystemError.last.fileError(
          path, place: "opening", expected: "a file that can be written")
      }
    } else if append, unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
      throw FileError(
        file: path, place: "opening", expected: "a file that can be written",
        found: "a symbolic link")
    } else {
      try AtomicFile.checkWritable(URL(filePath: path))
    }
  }

  /// Whether a path is neither a regular file nor a folder, such as `/dev/stdout`.
  private static func isSpecial(_ path: String) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    return status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
  }

  private static func removeLink(_ path: String) throws(FileError) {
    var status = stat()
    guard !isSpecial(path), unsafe lstat(path, &status) == 0 else { return }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFLNK || (kind == S_IFREG && status.st_nlink > 1) else { return }
    do throws(SystemError) {
      try SystemError.check { unsafe unlink(path) }
    } catch {
      throw error.fileError(path, place: "opening", expected: "a link that can be replaced")
    }
  }

  /// The length in bytes.
  var size: Int { max(0, Int(lseek(descriptor, 0, SEEK_END))) }

  func write(_ line: String) throws(FileError) { try writeAll(line + "\n") }

  /// Truncates the file; has no effect on what is not a regular file.
  func truncate(to size: Int) throws(FileError) {
    do throws(SystemError) {
      try SystemError.check { ftruncate(descriptor, off_t(size)) }
    } catch {
      if error.code == EINVAL { return }
      throw error.fileError(path, place: "truncating", expected: "a file of \(size) bytes")
    }
  }

  /// Ends the last line if it is incomplete, as a killed program may leave it.
  func endLastLine() throws(FileError) {
    var last: UInt8 = 0
    let end = size
    if end > 0, unsafe pread(descriptor, &last, 1, off_t(end - 1)) == 1, last != UInt8(ascii: "\n")
    {
      try writeAll("\n")
    }
  }

  private func writeAll(_ text: String) throws(FileError) {
    let bytes = Array(text.utf8)
    do throws(SystemError) {
      _ = try SystemError.transfer(count: bytes.count) { done in
        unsafe bytes[done...].withUnsafeBytes {
          unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
      }
    } catch {
      throw error.fileError(path, place: "writing", expected: "space for \(bytes.count) bytes")
    }
  }

  /// The first line of a file; nil if there is none.
  static func firstLine(of path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return firstLine(descriptor)
  }

  /// The first line, up to ``longestLine`` bytes of it; nil if the file is empty.
  var firstLine: String? { Self.firstLine(descriptor) }

  private static func firstLine(_ descriptor: Int32) -> String? {
    var bytes: [UInt8] = []
    var isEnded = false
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count < longestLine {
      let count = unsafe pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
      guard count > 0 else { break }
      if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) {
        bytes += chunk[..<end]
        isEnded = true
        break
      }
      bytes += chunk[..<count]
    }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes.isEmpty && !isEnded ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
