internal import Foundation
internal import Glibc
internal import PinionTensor

/// The part of a file that has arrived: `NAME.part`, with its origin in `NAME.part.json`, beside the
/// final `NAME`.
///
/// While it exists, no other process and no other downloader of this one writes the same part.
final class PartialFile {
  /// The final name.
  let url: URL
  /// The bytes that have arrived.
  private(set) var count = 0
  /// Where they came from; nil if that is not known, and so nothing can be added to them.
  private(set) var origin: PartialFileOrigin?

  let partURL: URL
  private let originURL: URL
  private let path: String
  private let descriptor: Int32

  /// Opens or creates the part. Returns nil if somebody else has it; throws `FileError` if it cannot be
  /// had at all.
  init?(of url: URL) throws {
    self.url = url
    partURL = URL(filePath: url.path + ".part")
    originURL = URL(filePath: url.path + ".part.json")
    path = try partURL.systemPath
    guard let descriptor = try Self.lock(path) else { return nil }
    self.descriptor = descriptor
    var status = stat()
    if fstat(descriptor, &status) == 0 { count = Int(status.st_size) }
    if count > 0, let data = try? Data(contentsOf: originURL) {
      origin = try? JSONDecoder().decode(PartialFileOrigin.self, from: data)
    }
  }

  deinit { close(descriptor) }

  private static func lock(_ path: String) throws(FileError) -> Int32? {
    while true {
      let descriptor: Int32
      do {
        descriptor = try SystemError.check {
          open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o666)
        }
      } catch {
        throw error.fileError(path, place: "opening", expected: "a file to write")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let isHeld = errno == EWOULDBLOCK
        let error = SystemError.last
        close(descriptor)
        if isHeld { return nil }
        throw error.fileError(path, place: "locking", expected: "a lock on the file")
      }
      var (opened, named) = (stat(), stat())
      // Whoever held the lock may have renamed or removed this file since it was opened.
      if fstat(descriptor, &opened) == 0, stat(path, &named) == 0,
        opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
      {
        return descriptor
      }
      close(descriptor)
    }
  }

  /// Starts anew, with bytes of the given origin; nil if they are of no use to a later attempt.
  func begin(_ origin: PartialFileOrigin?) throws {
    try clear()
    guard let origin else { return }
    try AtomicFile.write(JSONEncoder().encode(origin), to: originURL)
    self.origin = origin
  }

  /// Forgets what has arrived.
  func clear() throws(FileError) {
    // First the origin: without one, bytes are never added to.
    unlink(originURL.path)
    origin = nil
    do {
      try SystemError.check { ftruncate(descriptor, 0) }
    } catch {
      throw error.fileError(path, place: "emptying", expected: "an empty file")
    }
    count = 0
  }

  /// Throws `FileError` unless the disk has room for so many more bytes.
  func requireRoom(for bytes: Int) throws(FileError) {
    var status = statvfs()
    guard bytes > 0, fstatvfs(descriptor, &status) == 0 else { return }
    let (room, overflow) = Int(status.f_bavail).multipliedReportingOverflow(
      by: Int(status.f_frsize))
    guard !overflow, room < bytes else { return }
    throw FileError(
      file: path, place: "before writing", expected: "room for \(bytes) more bytes on the disk",
      found: "room for \(room)")
  }

  /// Adds bytes. Throws `FileError` if the disk is full; what it took stays, and can be added to later.
  func append(_ data: Data) throws {
    defer {
      var status = stat()
      if fstat(descriptor, &status) == 0 { count = Int(status.st_size) }
    }
    try FileWriter(descriptor: descriptor, file: path).write(data)
  }

  /// Gives the file its final name.
  func commit() throws {
    do {
      try SystemError.check { fsync(descriptor) }
      try SystemError.check { rename(path, url.path) }
    } catch {
      throw error.fileError(path, place: "giving it its name", expected: "\(url.path)")
    }
    unlink(originURL.path)
    try AtomicFile.Destination(url).syncDirectory()
  }

  /// Removes the part and its origin.
  func remove() {
    unlink(originURL.path)
    unlink(path)
  }
}
