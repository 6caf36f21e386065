public import FoundationEssentials
internal import Glibc

/// Appends bytes to a file that ``AtomicFile`` is about to put in place.
///
/// It lives as long as the closure it is lent to. Nothing is buffered: one call is one write.
public struct FileWriter: ~Copyable {
  private let descriptor: Int32
  private let file: String

  package init(descriptor: Int32, file: String) {
    self.descriptor = descriptor
    self.file = file
  }

  /// Appends bytes: a `Data`, a `[UInt8]`, a raw buffer.
  ///
  /// Throws ``FileError`` with the system's words if they cannot all be written.
  public func write(_ bytes: some ContiguousBytes) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// Appends a text as UTF-8.
  ///
  /// Throws ``FileError`` with the system's words if it cannot all be written.
  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Appends elements as they lie in memory.
  ///
  /// Throws ``FileError`` with the system's words if they cannot all be written.
  public func write<Element>(_ elements: MemoryView<Element>) throws {
    try append(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: elements.base, count: elements.count)))
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    guard let base = bytes.baseAddress else { return }
    let expected = "room for \(bytes.count) more bytes"
    do throws(SystemError) {
      let written = try SystemError.transfer(count: bytes.count) { done in
        Glibc.write(descriptor, base + done, bytes.count - done)
      }
      guard written == bytes.count else { throw SystemError(code: ENOSPC) }
    } catch {
      throw error.fileError(file, place: "writing", expected: expected)
    }
  }
}
