package import FoundationEssentials
internal import Glibc

/// Keeps other programs, and other threads of this one, out of a place in the file system for as long as it lives.
///
/// The system gives a lock back when the process that holds it ends, however it ends, so that a killed program is
/// no obstacle. What is locked is a small file, which is removed with the lock; a killed program leaves it, to
/// no effect.
package final class FileLock: Sendable {
  private let path: String
  private let descriptor: Int32

  /// Locks a folder by the file `.lock` in it.
  ///
  /// Throws ``FileError``, which names the folder, if another run holds it, or if the folder takes no new files.
  package convenience init(folder: URL) throws {
    let path = try folder.systemPath
    try self.init(
      "\(path.hasSuffix("/") ? path : path + "/").lock", naming: path,
      expected: "a folder that no other run writes to")
  }

  /// Locks a file's name by a file beside it, as ``AtomicFile`` replaces the file itself.
  ///
  /// Throws ``FileError``, which names the file, if another run holds it, or if its folder takes no new files.
  package convenience init(file: URL) throws {
    let path = try file.systemPath
    try self.init(path + ".lock", naming: path, expected: "a file that no other run writes to")
  }

  private init(_ path: String, naming name: String, expected: String) throws(FileError) {
    self.path = path
    do throws(SystemError) {
      descriptor = try Self.lock(path)
    } catch {
      let found = error.code == EWOULDBLOCK ? "a run under way" : error.text
      throw FileError(file: name, place: "locking", expected: expected, found: found)
    }
  }

  deinit {
    // Removed while it is still held: whoever opened it meanwhile sees below that it is gone.
    unlink(path)
    close(descriptor)
  }

  private static func lock(_ path: String) throws(SystemError) -> Int32 {
    while true {
      let descriptor = try SystemError.check {
        open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
      }
      do throws(SystemError) {
        try SystemError.check { flock(descriptor, LOCK_EX | LOCK_NB) }
      } catch {
        close(descriptor)
        throw error
      }
      var (held, named) = (stat(), stat())
      if fstat(descriptor, &held) == 0, lstat(path, &named) == 0, held.st_ino == named.st_ino,
        held.st_dev == named.st_dev
      {
        return descriptor
      }
      // Its last holder removed it between the opening and the locking.
      close(descriptor)
    }
  }
}
