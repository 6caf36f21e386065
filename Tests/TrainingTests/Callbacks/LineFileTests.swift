import Glibc
import PinionTensor
import Testing

@testable import PinionTraining

@Suite struct LineFileTests {
  private let folder = TemporaryFolder()

  @Test func aLockedFileIsRefused() throws {
    let path = folder.path("log.csv")
    let first = try LineFile(path, append: true)
    let error = #expect(throws: FileError.self) { try LineFile(path, append: true) }
    #expect(error?.place == "locking")
    try withExtendedLifetime(first) { try first.write("a") }
  }

  /// A second `close` of the refused file's descriptor would close what another thread has opened
  /// in the meantime, and release its lock.
  @Test func aRefusedFileIsClosedOnce() async throws {
    let path = folder.path("log.csv")
    let first = try LineFile(path, append: true)
    let refusals = Task.detached {
      for _ in 0..<20_000 { #expect(throws: FileError.self) { try LineFile(path, append: true) } }
    }
    let closed = Task.detached {
      var closed = 0
      for _ in 0..<20_000 {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        sched_yield()
        if close(descriptor) != 0 { closed += 1 }
      }
      return closed
    }
    await refusals.value
    #expect(await closed.value == 0)
    withExtendedLifetime(first) {}
  }
}
