internal import CPinionZlib
internal import Glibc
internal import PinionTensor

/// Reads a regular file sequentially through a buffer of fixed size.
final class FileBytes {
  private static let capacity = 1 << 16

  let path: String
  /// In bytes, when the file was opened.
  let size: Int
  /// The file offset of the next byte.
  private(set) var offset = 0

  private let descriptor: Int32
  private var buffer = [UInt8](repeating: 0, count: capacity)
  private var start = 0
  private var end = 0

  /// Throws `FileError` if the file is missing, unreadable or not a regular file.
  init(_ systemPath: SystemPath) throws(FileError) {
    let path = "\(systemPath)"
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    let descriptor = unsafe systemPath.withCString {
      unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    }
    guard descriptor >= 0 else {
      throw FileError(
        file: path, place: "opening", expected: "a readable file", found: Self.systemError())
    }
    var status = stat()
    let isStatted = unsafe fstat(descriptor, &status) == 0
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

  /// The next `count` bytes without consuming them; fewer only at the end of the file.
  func peek(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    while end - start < count, try refill() {}
    return buffer[start..<Swift.min(end, start + count)]
  }

  func isAtEnd() throws(FileError) -> Bool { try peek(1).isEmpty }

  /// Reads up to `destination.count` bytes, at least one unless the file has ended.
  func read(into destination: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    guard try !isAtEnd() else { return 0 }
    let count = Swift.min(end - start, destination.count)
    unsafe destination.copyBytes(from: buffer[start..<start + count])
    take(count)
    return count
  }

  func skipZeros() throws(FileError) {
    while try !isAtEnd() {
      let zeros = buffer[start..<end].prefix { $0 == 0 }.count
      take(zeros)
      if start < end { return }
    }
  }

  /// Sets the buffered bytes as the input of `stream` while `body` runs, and consumes those that
  /// zlib consumed.
  func feed(_ stream: UnsafeMutablePointer<z_stream>, _ body: () -> Int32) -> Int32 {
    let available = end - start
    let status = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
      unsafe stream.pointee.next_in = unsafe bytes.baseAddress.map { unsafe $0 + start }
      unsafe stream.pointee.avail_in = UInt32(available)
      return body()
    }
    unsafe take(available - Int(stream.pointee.avail_in))
    unsafe stream.pointee.next_in = nil
    unsafe stream.pointee.avail_in = 0
    return status
  }

  private func take(_ count: Int) {
    start += count
    offset += count
  }

  /// Reads more into the buffer; false at the end of the file.
  private func refill() throws(FileError) -> Bool {
    if start > 0 {
      buffer.replaceSubrange(0..<end - start, with: Array(buffer[start..<end]))
      (start, end) = (0, end - start)
    }
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(descriptor, bytes.baseAddress.map { unsafe $0 + end }, bytes.count - end)
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

  private static func systemError() -> String { unsafe String(cString: strerror(errno)) }
}
