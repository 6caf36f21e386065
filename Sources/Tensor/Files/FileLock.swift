package import FoundationEssentials
internal import Glibc

/// Closes a file that this process has locked by `flock`.
///
/// The lock is released first, since closing releases it only with the last copy of the descriptor:
/// a child process has one between `fork` and `exec`.
package func unlockAndClose(_ descriptor: Int32) {
  _ = flock(descriptor, LOCK_UN)
  close(descriptor)
}

/// An exclusive lock on a folder or a file's name, against other processes and threads, until it is
/// deinitialized.
///
/// The lock is an `flock` on a lock file, which is removed with the lock. The system releases it
/// when the process ends; a lock file that a killed program leaves has no effect.
package final class FileLock: Sendable {
  private let path: String
  private let descriptor: Int32

  /// Locks a folder by the file `.lock` in it.
  ///
  /// Throws ``FileError`` if another run holds the lock or the folder is not writable.
  package convenience init(folder: URL) throws {
    let path = try folder.systemPath
    try self.init(
      "\(path.hasSuffix("/") ? path : path + "/").lock", naming: path,
      expected: "a folder that no other run writes to")
  }

  /// Locks a file's name by a file beside it, since ``AtomicFile`` replaces the file itself.
  ///
  /// Throws ``FileError`` if another run holds the lock or the folder is not writable.
  package convenience init(file: URL) throws {
    let path = try file.systemPath
    try self.init(path + ".lock", naming: path, expected: "a file that no other run writes to")
  }

  private init(_ path: String, naming name: String, expected: String) throws(FileError) {
    self.path = path
    do throws(SystemError) {
      descriptor = try Self.lock(path)
    } catch {
      let found = error.code == EWOULDBLOCK ? "a run in progress" : error.text
      throw FileError(file: name, place: "locking", expected: expected, found: found)
    }
  }

  deinit {
    // Removed while locked: another process that has opened it detects that below.
    unsafe unlink(path)
    unlockAndClose(descriptor)
  }

  private static func lock(_ path: String) throws(SystemError) -> Int32 {
    while true {
      let descriptor = try SystemError.check {
        unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
      }
      do throws(SystemError) {
        try SystemError.check { flock(descriptor, LOCK_EX | LOCK_NB) }
      } catch {
        close(descriptor)
        throw error
      }
      var (held, named) = (stat(), stat())
      if unsafe fstat(descriptor, &held) == 0, unsafe lstat(path, &named) == 0,
        held.st_ino == named.st_ino,
        held.st_dev == named.st_dev
      {
        return descriptor
      }
      // The last holder removed the file after it was opened here.
      close(descriptor)
    }
  }
}
