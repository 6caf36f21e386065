internal import CPinionKernels
internal import Glibc

/// Asks for resources before they are needed, where a refusal can still be told.
package enum Resources {
  /// Address space of one of OpenBLAS's buffers; each thread inside a product holds one, and so does each of its own threads from
  /// the start.
  private static let blasBuffer = 128 << 20

  /// Throws unless the system would grant `bytes` of memory now.
  package static func requireMemory(_ bytes: Int, for purpose: String) throws(ResourceError) {
    guard !hasRoom(for: bytes, flags: 0) else { return }
    throw ResourceError(
      purpose: purpose, needed: "\(megabytes(bytes)) of memory", found: "which the system refuses")
  }

  /// Throws unless `threads` threads have the address space that OpenBLAS maps for each.
  ///
  /// OpenBLAS 0.3.21 tries for ever to map a buffer that a limit (`ulimit -v`) refuses. Where there is a limit, its buffers
  /// are mapped here, once and for the life of the process; elsewhere this costs a system call.
  package static func requireAddressSpace(threads: Int) throws(ResourceError) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return }
    try lock.withLock { () throws(ResourceError) in
      guard threads > reserved else { return }
      let bytes = (threads - reserved) * blasBuffer
      guard hasRoom(for: bytes, flags: MAP_NORESERVE) else {
        exitWithoutOpenBLAS()
        throw ResourceError(
          purpose: "matrix products on \(threads) thread\(threads == 1 ? "" : "s")",
          needed: "\(megabytes(bytes)) of address space",
          found:
            "more than the limit of \(megabytes(Int(clamping: limit.rlim_cur))) (ulimit -v) leaves: "
            + "raise it, or use fewer threads")
      }
      pinion_reserve_blas_buffers(Int32(threads))
      reserved = threads
    }
  }

  private static let lock = Lock()
  /// OpenBLAS's buffers that were mapped here. Guarded by `lock`.
  nonisolated(unsafe) private static var reserved = 0

  /// Has the process end without OpenBLAS's destructor, which waits for threads that may be trying to map a buffer for ever.
  private static func exitWithoutOpenBLAS() {
    on_exit(
      { status, _ in
        fflush(nil)
        _exit(status)
      }, nil)
  }

  private static func hasRoom(for bytes: Int, flags: Int32) -> Bool {
    guard bytes > 0 else { return true }
    let memory = mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0)
    guard let memory, memory != MAP_FAILED else { return false }
    munmap(memory, bytes)
    return true
  }

  private static func megabytes(_ bytes: Int) -> String { "\((bytes + 1 << 20 - 1) >> 20) MiB" }
}

/// What the system does not grant: memory, address space or threads.
public struct ResourceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the resource was wanted for.
  public let purpose: String
  /// What was needed.
  public let needed: String
  /// What the system grants, and what to change.
  public let found: String

  package init(purpose: String, needed: String, found: String) {
    self.purpose = purpose
    self.needed = needed
    self.found = found
  }

  /// One line that names all three.
  public var description: String { "\(purpose): needs \(needed), \(found)" }
}
