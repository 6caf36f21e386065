internal import Foundation
internal import Glibc
internal import PinionData
internal import PinionTensor

/// Unpacks a tar archive into an empty folder.
struct ArchiveUnpacker {
  private static let chunk = 1 << 18
  private static let entryLimit = 1_000

  let archive: URL
  /// Written by this process only; because links are refused, no path leads out of it.
  let folder: URL
  /// The largest total size of all files.
  let byteLimit: Int

  /// - Parameter progress: Called with the number of unpacked bytes.
  /// - Throws: `FileError` if the archive is invalid or a file cannot be written; the folder may
  ///   contain some files then.
  func run(progress: (Int) -> Void) throws {
    let tar = try TarReader(GzipReader(archive))
    var (total, entries) = (0, 0)
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    while let entry = try tar.next() {
      entries += 1
      guard entries <= Self.entryLimit, entry.size <= byteLimit - total else {
        throw tar.failure(
          expected: "at most \(Self.entryLimit) entries and \(byteLimit) bytes in the archive",
          found: "\(entries) entries and \(total + entry.size) bytes")
      }
      switch entry.kind {
      case .directory: try makeFolder(entry.path)
      case .file:
        try makeFolder(entry.path.dropLast())
        try write(tar, entry, &buffer) { progress(total + $0) }
        total += entry.size
      }
    }
  }

  private func makeFolder(_ path: some Sequence<String>) throws(FileError) {
    var url = folder
    for name in path {
      url.append(path: name, directoryHint: .isDirectory)
      let made = try url.systemPath
      if unsafe mkdir(made, 0o777) != 0, errno != EEXIST {
        throw SystemError.last.fileError(
          made, place: "creating the folder", expected: "a new folder")
      }
    }
  }

  private func write(
    _ tar: TarReader, _ entry: TarEntry, _ buffer: inout [UInt8], progress: (Int) -> Void
  ) throws {
    let path = try entry.path.reduce(folder) { $0.appending(path: $1) }.systemPath
    let descriptor: Int32
    do {
      // `O_EXCL` refuses a second entry of the same name.
      descriptor = try SystemError.check {
        unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
      }
    } catch {
      throw error.fileError(path, place: "unpacking", expected: "a new file")
    }
    defer { close(descriptor) }
    let writer = FileWriter(descriptor: descriptor, file: path)
    var done = 0
    while true {
      try Task.checkCancellation()
      let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe tar.read(into: $0) }
      guard count > 0 else { break }
      try unsafe buffer.withUnsafeBytes { try unsafe writer.write($0[..<count]) }
      done += count
      progress(done)
    }
    do {
      try SystemError.check { fsync(descriptor) }
    } catch {
      throw error.fileError(path, place: "unpacking", expected: "the file to be synced to disk")
    }
  }
}
