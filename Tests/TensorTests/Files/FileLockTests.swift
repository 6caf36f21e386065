import Foundation
import Glibc
import PinionTensor
import Testing

@Suite struct FileLockTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test func theSecondIsRefusedByName() throws {
    let first = try FileLock(folder: folder.url)
    let error = #expect(throws: FileError.self) { try FileLock(folder: folder.url) }
    #expect(error?.place == "locking" && error?.found == "a run in progress")
    #expect(error?.file == folder.url.path(percentEncoded: false))
    let file = try FileLock(file: folder["a"])
    let other = #expect(throws: FileError.self) { try FileLock(file: folder["a"]) }
    #expect(other?.file == folder["a"].path)
    _ = try FileLock(file: folder["b"])
    withExtendedLifetime((first, file)) {}
  }

  @Test func nothingIsLeftOfALockThatIsGivenBack() throws {
    for _ in 0..<3 {
      let lock = try FileLock(folder: folder.url)
      #expect(try folder.names == [".lock"])
      withExtendedLifetime(lock) {}
    }
    #expect(try folder.names == [])
  }

  @Test func whatADeadRunLeftIsNoObstacle() throws {
    try Data().write(to: folder[".lock"])
    _ = try FileLock(folder: folder.url)
    #expect(try folder.names == [])
  }

  @Test func aLinkInItsPlaceIsNotFollowed() throws {
    try Data("precious".utf8).write(to: folder["target"])
    #expect(symlink("target", folder[".lock"].path) == 0)
    #expect(throws: FileError.self) { try FileLock(folder: folder.url) }
    #expect(try String(contentsOf: folder["target"], encoding: .utf8) == "precious")
    #expect(throws: FileError.self) { try FileLock(folder: folder["missing"]) }
  }

  /// As a child process has one between `fork` and `exec`.
  @Test func aCopyOfTheDescriptorDoesNotKeepTheLock() throws {
    try Data().write(to: folder["a"])
    let locked = open(folder["a"].path, O_RDONLY)
    #expect(flock(locked, LOCK_EX | LOCK_NB) == 0)
    let copy = dup(locked)
    defer { close(copy) }
    let other = open(folder["a"].path, O_RDONLY)
    defer { close(other) }
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
    unlockAndClose(locked)
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
  }
}
