internal import CPinionKernels
internal import CPinionOpenBLAS
internal import Glibc
internal import Synchronization

/// The state in which a thread computes: OpenBLAS on the calling thread alone, denormals flushed.
///
/// Both are put back when the scope ends, so that a program's own use of OpenBLAS and of floating-point arithmetic does not
/// notice. Scopes nest, and may be open on many threads at once.
public enum ComputeScope {
  /// Runs `body` with OpenBLAS held at one thread and denormals flushed to zero.
  public static func run<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let mode = enter()
    defer { leave(mode) }
    return try body()
  }

  /// What ``leave(_:)`` puts back.
  struct State {
    var floatMode: UInt64
    var threads: Int32
  }

  static func enter() -> State {
    let threads = BLASHold.acquire()
    return State(floatMode: pinion_float_mode_enter(), threads: threads)
  }

  static func leave(_ state: State) {
    pinion_float_mode_restore(state.floatMode)
    BLASHold.release(state.threads)
  }
}

/// Holds OpenBLAS at one thread while anyone computes.
///
/// In the OpenMP build the setting belongs to the calling thread, so each scope saves and restores its own. In the
/// pthread build it belongs to the process: the first scope to open saves it, the last to close restores it.
private enum BLASHold {
  static let isPerThread = openblas_get_parallel() == 2
  static let shared = SharedHold()

  static func acquire() -> Int32 {
    guard isPerThread else {
      shared.acquire()
      return 0
    }
    let before = openblas_get_num_threads()
    if before != 1 { openblas_set_num_threads(1) }
    return before
  }

  static func release(_ before: Int32) {
    guard isPerThread else { return shared.release() }
    if before != 1 { openblas_set_num_threads(before) }
  }
}

private final class SharedHold: Sendable {
  private let lock = Lock()
  private let depth = Atomic<Int>(0)
  private let saved = Atomic<Int32>(1)

  func acquire() {
    // Inside another scope there is nothing to save.
    var holders = depth.load(ordering: .relaxed)
    while holders > 0 {
      let (exchanged, original) = depth.weakCompareExchange(
        expected: holders, desired: holders + 1, ordering: .acquiring)
      if exchanged { return }
      holders = original
    }
    lock.withLock {
      if depth.add(1, ordering: .relaxed).oldValue == 0 {
        saved.store(openblas_get_num_threads(), ordering: .relaxed)
        openblas_set_num_threads(1)
      }
    }
  }

  func release() {
    var holders = depth.load(ordering: .relaxed)
    while holders > 1 {
      let (exchanged, original) = depth.weakCompareExchange(
        expected: holders, desired: holders - 1, ordering: .releasing)
      if exchanged { return }
      holders = original
    }
    lock.withLock {
      if depth.subtract(1, ordering: .relaxed).newValue == 0 {
        openblas_set_num_threads(saved.load(ordering: .relaxed))
      }
    }
  }
}
