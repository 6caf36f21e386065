internal import Foundation
internal import Glibc
internal import PinionTensor

/// Installs an archive: unpacks it into a temporary folder, verifies the files and renames them.
struct ArchiveInstallation {
  /// An allowance in bytes for other files in the archive, such as readme files.
  private static let slack = 1 << 20

  let archive: URL
  let source: DatasetSource
  let folder: URL

  /// - Throws: `FileError`; no file has been renamed then, unless renaming failed.
  func run(progress: (_ bytes: Int, _ total: Int) -> Void) throws {
    let lock = try lockArchive()
    defer { unlockAndClose(lock) }
    // A fixed name, so that the remains of a killed process are found and removed.
    let temporary = archive.deletingLastPathComponent().appending(
      path: ".pinion-\(source.name).unpacking", directoryHint: .isDirectory)
    try? FileManager.default.removeItem(at: temporary)
    let path = try temporary.systemPath
    do {
      try SystemError.check { unsafe mkdir(path, 0o700) }
    } catch {
      throw error.fileError(path, place: "unpacking", expected: "a new folder")
    }
    defer { try? FileManager.default.removeItem(at: temporary) }
    let total = source.contents.reduce(0) { $0 + $1.size }
    try ArchiveUnpacker(archive: archive, folder: temporary, byteLimit: total + Self.slack)
      .run { progress($0, total) }
    let unpacked = temporary.appending(path: source.folderName, directoryHint: .isDirectory)
    try check(unpacked)
    try install(unpacked)
    // Keeping the archive would double the disk space.
    unsafe unlink(archive.path)
  }

  /// Prevents other processes from unpacking the same archive.
  private func lockArchive() throws(FileError) -> Int32 {
    let descriptor = unsafe open(archive.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let error = SystemError.last
      if descriptor >= 0 { close(descriptor) }
      throw error.fileError(
        archive.path, place: "unpacking", expected: "an exclusive lock")
    }
    return descriptor
  }

  private func check(_ unpacked: URL) throws(FileError) {
    for file in source.contents {
      let name = "\(source.folderName)/\(file.name)"
      var status = stat()
      let isFile =
        unsafe lstat(unpacked.appending(path: file.name).path, &status) == 0
        && status.st_mode & S_IFMT == S_IFREG
      guard isFile, Int(status.st_size) == file.size else {
        throw FileError(
          file: archive.path, place: "contents", expected: "\(name) of \(file.size) bytes",
          found: isFile ? "\(status.st_size) bytes" : "no such file")
      }
    }
  }

  /// Renames the folder if its destination does not exist or is empty; otherwise renames each file,
  /// replacing existing ones.
  private func install(_ unpacked: URL) throws {
    do throws(SystemError) {
      if unsafe rename(unpacked.path, folder.path) != 0 {
        guard errno == ENOTEMPTY || errno == EEXIST else { throw .last }
        for file in source.contents {
          let (from, to) = (
            unpacked.appending(path: file.name).path, folder.appending(path: file.name).path
          )
          try SystemError.check { unsafe rename(from, to) }
        }
      }
    } catch {
      throw error.fileError(
        folder.path, place: "renaming", expected: "a writable folder")
    }
    try AtomicFile.Destination(folder.appending(path: source.contents[0].name)).syncDirectory()
  }
}
