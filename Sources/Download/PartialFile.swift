internal import Foundation
internal import Glibc
internal import PinionTensor

/// A partially downloaded file `NAME.part`, next to its destination `NAME`, with the response's
/// metadata in `NAME.part.json`.
///
/// A lock ensures that only one instance in any process writes the file.
final class PartialFile {
  /// The destination.
  let url: URL
  /// The number of bytes received.
  private(set) var count = 0
  /// The origin of the bytes; nil if unknown, in which case the download cannot resume.
  private(set) var origin: PartialFileOrigin?

  let partURL: URL
  private let originURL: URL
  private let path: String
  private let descriptor: Int32

  /// Opens or creates the partial file. Returns nil if another instance has locked it.
  ///
  /// - Throws: `FileError` if the file cannot be opened.
  init?(of url: URL) throws {
    self.url = url
    partURL = URL(filePath: url.path + ".part")
    originURL = URL(filePath: url.path + ".part.json")
    path = try partURL.systemPath
    guard let descriptor = try Self.lock(path) else { return nil }
    self.descriptor = descriptor
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0 { count = Int(status.st_size) }
    if count > 0, let data = try? Data(contentsOf: originURL) {
      origin = try? JSONDecoder().decode(PartialFileOrigin.self, from: data)
    }
  }

  deinit { unlockAndClose(descriptor) }

  private static func lock(_ path: String) throws(FileError) -> Int32? {
    while true {
      let descriptor: Int32
      do {
        descriptor = try SystemError.check {
          unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o666)
        }
      } catch {
        throw error.fileError(path, place: "opening", expected: "a writable file")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let isHeld = errno == EWOULDBLOCK
        let error = SystemError.last
        close(descriptor)
        if isHeld { return nil }
        throw error.fileError(path, place: "locking", expected: "a lock on the file")
      }
      var (opened, named) = (stat(), stat())
      // The previous owner of the lock may have renamed or removed the file since it was opened.
      if unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &named) == 0,
        opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
      {
        return descriptor
      }
      close(descriptor)
    }
  }

  /// Truncates the file and stores the origin of the bytes that follow.
  func begin(_ origin: PartialFileOrigin?) throws {
    try clear()
    guard let origin else { return }
    try AtomicFile.write(JSONEncoder().encode(origin), to: originURL)
    self.origin = origin
  }

  /// Truncates the file and removes its origin.
  func clear() throws(FileError) {
    // The origin is removed first, because bytes are appended only if there is one.
    unsafe unlink(originURL.path)
    origin = nil
    do {
      try SystemError.check { ftruncate(descriptor, 0) }
    } catch {
      throw error.fileError(path, place: "truncating", expected: "an empty file")
    }
    count = 0
  }

  /// - Throws: `FileError` if the disk has room for fewer than `bytes` bytes.
  func requireRoom(for bytes: Int) throws(FileError) {
    var status = statvfs()
    guard bytes > 0, unsafe fstatvfs(descriptor, &status) == 0 else { return }
    let (room, overflow) = Int(status.f_bavail).multipliedReportingOverflow(
      by: Int(status.f_frsize))
    guard !overflow, room < bytes else { return }
    throw FileError(
      file: path, place: "disk space", expected: "\(bytes) bytes of free disk space",
      found: "\(room) bytes")
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileError` if the disk is full; bytes that were written are kept, and the download
  ///   can resume.
  func append(_ data: Data) throws {
    defer {
      var status = stat()
      if unsafe fstat(descriptor, &status) == 0 { count = Int(status.st_size) }
    }
    try FileWriter(descriptor: descriptor, file: path).write(data)
  }

  /// Renames the file to its destination.
  func commit() throws {
    do {
      try SystemError.check { fsync(descriptor) }
      try SystemError.check { unsafe rename(path, url.path) }
    } catch {
      throw error.fileError(path, place: "renaming", expected: "\(url.path)")
    }
    unsafe unlink(originURL.path)
    try AtomicFile.Destination(url).syncDirectory()
  }

  /// Removes the partial file and its origin.
  func remove() {
    unsafe unlink(originURL.path)
    unsafe unlink(path)
  }
}

/// Metadata of the response from which a partial file was received, needed to resume it.
struct PartialFileOrigin: Codable, Equatable {
  let url: String
  /// The strong `ETag`; nil if there is none. Weak ones do not guarantee equal bytes.
  let entityTag: String?
  /// The `Last-Modified` header.
  let lastModified: String?
  /// The size of the whole file, if known.
  let count: Int?

  init(url: String, head: HTTPHead) {
    self.url = url
    entityTag = head["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }
    lastModified = head["last-modified"]
    count = head.contentLength
  }

  /// The value of `If-Range`, which makes the server send a range of this version only.
  ///
  /// Nil if there is none, or if it contains characters that are invalid in headers.
  var validator: String? {
    guard let validator = entityTag ?? lastModified,
      validator.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
    else { return nil }
    return validator
  }
}
