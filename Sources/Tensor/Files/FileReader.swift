package import FoundationEssentials
internal import Glibc

/// Reads ranges of a regular file, which stays open, so that all ranges come from the same file
/// even if it is replaced.
package final class FileReader: Sendable {
  /// The path.
  package let file: String

  /// In bytes, when the file was opened.
  package let size: Int

  private let descriptor: Int32

  /// Throws ``FileError`` if the file cannot be opened or is not a regular file.
  package convenience init(_ url: URL) throws(FileError) { try self.init(SystemPath(url)) }

  /// Opens a path of any encoding.
  package init(_ path: SystemPath) throws(FileError) {
    let opened: Int32
    do {
      // O_NONBLOCK, since opening a named pipe would wait for its writer.
      opened = try SystemError.check {
        unsafe path.withCString { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
      }
    } catch {
      throw error.fileError("\(path)", place: "opening", expected: "a file to read")
    }
    var status = stat()
    guard unsafe fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw FileError(
        file: "\(path)", place: "opening", expected: "a regular file",
        found: status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a special file")
    }
    file = "\(path)"
    size = Int(status.st_size)
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// Fills `bytes` from an offset of the file.
  ///
  /// Throws ``FileError`` if the file is too short or cannot be read.
  package func read(
    at offset: Int, into bytes: UnsafeMutableRawBufferPointer, place: String
  ) throws(FileError) {
    guard let base = bytes.baseAddress else { return }
    let expected = "\(bytes.count) bytes at byte \(offset)"
    let count: Int
    do {
      count = try SystemError.transfer(count: bytes.count) { done in
        unsafe pread(descriptor, base + done, bytes.count - done, off_t(offset + done))
      }
    } catch {
      throw error.fileError(file, place: place, expected: expected)
    }
    guard count == bytes.count else {
      throw FileError(file: file, place: place, expected: expected, found: "\(count)")
    }
  }

  /// Begins to read bytes into the system's cache, without waiting for them.
  package func prefetch(at offset: Int, count: Int) {
    posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_WILLNEED)
  }

  /// The bytes of a range of the file.
  package func bytes(_ range: Range<Int>, place: String) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FileError) in
        try unsafe read(at: range.lowerBound, into: buffer, place: place)
      }
    }
    try result.get()
    return bytes
  }
}
