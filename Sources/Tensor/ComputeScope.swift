internal import CPinionKernels
internal import CPinionOpenBLAS
internal import Glibc
internal import Synchronization

/// A scope in which OpenBLAS uses the calling thread alone and denormals are flushed to zero.
///
/// Both settings are restored at its end, so that a program's own use of OpenBLAS and
/// floating-point arithmetic is not affected. Scopes nest, and may be open on several threads at
/// once.
package enum ComputeScope {
  package static func run<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let mode = enter()
    defer { leave(mode) }
    return try body()
  }

  /// The settings that ``leave(_:)`` restores.
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

/// Keeps OpenBLAS at one thread while a scope is open.
///
/// In the OpenMP build the setting is per thread, so that each scope saves and restores its own. In
/// the pthread build it is global: the first scope saves it, the last one restores it.
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
    // Another scope has saved the setting.
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
