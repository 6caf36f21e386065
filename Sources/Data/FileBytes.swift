internal import CPinionZlib
internal import Glibc
internal import PinionTensor

/// A regular file's bytes in order, through a buffer of fixed size.
final class FileBytes {
  private static let capacity = 1 << 16

  /// The file's path.
  let path: String
  /// The file's size in bytes when it was opened.
  let size: Int
  /// The offset in the file of the next byte.
  private(set) var offset = 0

  private let descriptor: Int32
  private var buffer = [UInt8](repeating: 0, count: capacity)
  private var start = 0
  private var end = 0

  /// Opens a file. Throws `FileError` if it is missing, unreadable, or no regular file.
  init(_ systemPath: SystemPath) throws(FileError) {
    let path = "\(systemPath)"
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    let descriptor = systemPath.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      throw FileError(
        file: path, place: "opening", expected: "a readable file", found: Self.systemError())
    }
    var status = stat()
    let isStatted = fstat(descriptor, &status) == 0
    let kind = status.st_mode & S_IFMT
    guard isStatted, kind == S_IFREG else {
      let found =
        !isStatted
        ? Self.systemError() : kind == S_IFDIR ? "a directory" : "a device, pipe or socket"
      close(descriptor)
      throw FileError(file: path, place: "opening", expected: "a regular file", found: found)
    }
    self.descriptor = descriptor
    self.path = path
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// The bytes that are in the buffer, up to the first `count`, without taking them; fewer only at the file's end.
  func peek(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    while end - start < count, try refill() {}
    return buffer[start..<Swift.min(end, start + count)]
  }

  /// Whether no byte is left.
  func isAtEnd() throws(FileError) -> Bool { try peek(1).isEmpty }

  /// Takes up to `destination.count` bytes, at least one unless the file has ended.
  func read(into destination: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    guard try !isAtEnd() else { return 0 }
    let count = Swift.min(end - start, destination.count)
    destination.copyBytes(from: buffer[start..<start + count])
    take(count)
    return count
  }

  /// Takes the zero bytes that come next, as many as there are.
  func skipZeros() throws(FileError) {
    while try !isAtEnd() {
      let zeros = buffer[start..<end].prefix { $0 == 0 }.count
      take(zeros)
      if start < end { return }
    }
  }

  /// Gives the buffered bytes to `stream` as its input for the duration of `body`, and takes those that it consumed.
  func feed(_ stream: UnsafeMutablePointer<z_stream>, _ body: () -> Int32) -> Int32 {
    let available = end - start
    let status = buffer.withUnsafeMutableBufferPointer { bytes in
      stream.pointee.next_in = bytes.baseAddress.map { $0 + start }
      stream.pointee.avail_in = UInt32(available)
      return body()
    }
    take(available - Int(stream.pointee.avail_in))
    stream.pointee.next_in = nil
    stream.pointee.avail_in = 0
    return status
  }

  private func take(_ count: Int) {
    start += count
    offset += count
  }

  /// Reads more behind what the buffer holds; false at the file's end.
  private func refill() throws(FileError) -> Bool {
    if start > 0 {
      buffer.replaceSubrange(0..<end - start, with: Array(buffer[start..<end]))
      (start, end) = (0, end - start)
    }
    while true {
      let count = buffer.withUnsafeMutableBytes { bytes in
        Glibc.read(descriptor, bytes.baseAddress.map { $0 + end }, bytes.count - end)
      }
      if count >= 0 {
        end += count
        return count > 0
      }
      guard errno == EINTR else {
        throw FileError(
          file: path, place: "byte \(offset + end - start)", expected: "\(size) readable bytes",
          found: Self.systemError())
      }
    }
  }

  private static func systemError() -> String { String(cString: strerror(errno)) }
}
