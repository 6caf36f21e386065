internal import CPinionKernels
internal import Glibc

/// Checks that resources are available before work starts, so that a lack is an error, not a crash.
package enum Resources {
  /// Address space of an OpenBLAS buffer. Each thread in a product uses one, and so does each of
  /// OpenBLAS's own threads.
  private static let blasBuffer = 128 << 20

  /// Throws unless `bytes` of memory can be mapped.
  package static func requireMemory(_ bytes: Int, for purpose: String) throws(ResourceError) {
    guard !hasRoom(for: bytes, flags: 0) else { return }
    throw ResourceError(
      purpose: purpose, needed: "\(megabytes(bytes)) of memory", found: "which the system refuses")
  }

  /// Whether `bytes` of memory can be mapped. The compiler removes a `malloc` that is only compared
  /// and freed, and assumes that it succeeded.
  package static func hasMemory(_ bytes: Int) -> Bool { hasRoom(for: bytes, flags: 0) }

  /// Throws unless the address space has room for OpenBLAS's buffers for `threads` threads.
  ///
  /// OpenBLAS 0.3.21 retries forever if a limit (`ulimit -v`, `-d`) refuses a buffer. If there is a
  /// limit, the buffers are mapped here, once for the life of the process. CPinionKernels lets the
  /// process end although OpenBLAS's own threads may wait for theirs.
  package static func requireAddressSpace(threads: Int) throws(ResourceError) {
    // Linux counts what a process may write to as its data, too.
    let limits = [(RLIMIT_AS, "ulimit -v"), (RLIMIT_DATA, "ulimit -d")].compactMap {
      resource, command in Self.limit(resource).map { (bytes: $0, command: command) }
    }
    guard let limit = limits.min(by: { $0.bytes < $1.bytes }) else { return }
    try lock.withLock { () throws(ResourceError) in
      guard unsafe threads > reserved else { return }
      let bytes = unsafe (threads - reserved) * blasBuffer
      guard hasRoom(for: bytes, flags: MAP_NORESERVE) else {
        throw ResourceError(
          purpose: "matrix products on \(threads) thread\(threads == 1 ? "" : "s")",
          needed: "\(megabytes(bytes)) of address space",
          found:
            "more than the limit of \(megabytes(limit.bytes)) (\(limit.command)) leaves: raise it, "
            + "or use fewer threads")
      }
      pinion_reserve_blas_buffers(Int32(threads))
      unsafe reserved = threads
    }
  }

  /// A limit of the process in bytes, nil if there is none.
  private static func limit(_ resource: __rlimit_resource) -> Int? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return nil }
    return Int(clamping: limit.rlim_cur)
  }

  private static let lock = Lock()
  /// The number of OpenBLAS's buffers mapped here. Guarded by `lock`.
  nonisolated(unsafe) private static var reserved = 0

  private static func hasRoom(for bytes: Int, flags: Int32) -> Bool {
    guard bytes > 0 else { return true }
    let memory = unsafe mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { return false }
    unsafe munmap(memory, bytes)
    return true
  }

  private static func megabytes(_ bytes: Int) -> String { "\((bytes + 1 << 20 - 1) >> 20) MiB" }
}

/// Memory, address space or threads that the system refuses.
public struct ResourceError: Error, Sendable, Equatable, CustomStringConvertible {
  public let purpose: String
  public let needed: String
  /// What is available, and a remedy.
  public let found: String

  package init(purpose: String, needed: String, found: String) {
    self.purpose = purpose
    self.needed = needed
    self.found = found
  }

  public var description: String { "\(purpose): needs \(needed), \(found)" }
}
