package import FoundationEssentials
internal import Glibc

/// Writes files atomically.
///
/// The bytes are written to a temporary file in the same directory, which is synced and renamed;
/// then the directory is synced. If anything fails before the rename, the temporary file is removed
/// and the final name is unchanged. The temporary file gets a name, `.pinion-….tmp`, only when it
/// is complete, so that a killed program leaves nothing; on file systems without unnamed files
/// (NFS) such a file may be left.
///
/// A symbolic link with the final name is replaced and its target is unchanged; links among the
/// parent directories are followed. The permissions of a replaced file are kept.
package enum AtomicFile {
  /// Writes a file in pieces:
  ///
  /// ```swift
  /// try AtomicFile.write(to: url) { file in
  ///   try file.write("header\n")
  ///   try file.write(weights.view)
  /// }
  /// ```
  /// Throws what `body` throws, and ``FileError`` if the file cannot be written or its name is that
  /// of something other than a regular file. If only the sync of the directory fails, the new file
  /// is complete.
  package static func write(
    to url: URL, _ body: (_ file: borrowing FileWriter) throws -> Void
  ) throws {
    let destination = try Destination(url)
    try destination.replace(body)
    try destination.syncDirectory()
  }

  /// Writes a `Data`, a `[UInt8]` or a raw buffer. Throws as ``write(to:_:)``.
  package static func write(_ bytes: some ContiguousBytes, to url: URL) throws {
    try write(to: url) { file in try file.write(bytes) }
  }

  /// Writes text as UTF-8. Throws as ``write(to:_:)``.
  package static func write(_ text: String, to url: URL) throws {
    try write(to: url) { file in try file.write(text) }
  }

  /// Throws ``FileError`` if ``write(to:_:)`` would fail: the directory is missing or not writable,
  /// or the name is that of something other than a regular file or a link. Leaves no file.
  package static func checkWritable(_ url: URL) throws {
    try Destination(url).probe()
  }
}

/// Appends bytes to the temporary file of ``AtomicFile``. Unbuffered: one call is one write.
package struct FileWriter: ~Copyable {
  private let descriptor: Int32
  private let file: String

  package init(descriptor: Int32, file: String) {
    self.descriptor = descriptor
    self.file = file
  }

  /// Appends a `Data`, a `[UInt8]` or a raw buffer. Throws ``FileError``.
  package func write(_ bytes: some ContiguousBytes) throws {
    try unsafe bytes.withUnsafeBytes { try unsafe append($0) }
  }

  /// Appends text as UTF-8. Throws ``FileError``.
  package func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Appends the memory of elements. Throws ``FileError``.
  package func write<Element>(_ elements: MemoryView<Element>) throws {
    try unsafe append(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: elements.base, count: elements.count)))
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    guard let base = bytes.baseAddress else { return }
    let expected = "room for \(bytes.count) more bytes"
    do throws(SystemError) {
      let written = try SystemError.transfer(count: bytes.count) { done in
        unsafe Glibc.write(descriptor, base + done, bytes.count - done)
      }
      guard written == bytes.count else { throw SystemError(code: ENOSPC) }
    } catch {
      throw error.fileError(file, place: "writing", expected: expected)
    }
  }
}
