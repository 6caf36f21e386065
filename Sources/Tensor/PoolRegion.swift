internal import CPinionKernels
internal import Glibc
internal import Synchronization

/// One parallel loop at a time, opened by a caller and joined by workers; what the threads of a pool share.
///
/// `state` holds, from the top: the loop's number, whether it may be joined, and how many workers are in it. A worker joins
/// by raising the count of an open loop, and only then touches `body`; the caller closes the loop and waits until the count
/// is back at zero. A worker that sleeps through a loop therefore costs the caller nothing.
final class PoolRegion: Sendable {
  private static let openBit: UInt64 = 1 << 16
  private static let countMask: UInt64 = openBit - 1
  private static let numberShift: UInt64 = 32

  private let state = Atomic<UInt64>(0)
  private let next = Atomic<Int>(0)
  /// Written by the caller while the loop is closed and empty, read by workers that joined.
  nonisolated(unsafe) private var count = 0
  nonisolated(unsafe) private var threads = 0
  nonisolated(unsafe) private var body: (@Sendable (Int, Int) -> Void)?

  /// The number of the loop that may be joined now, if there is one.
  var openNumber: UInt64? {
    let now = state.load(ordering: .sequentiallyConsistent)
    return now & Self.openBit == 0 ? nil : now >> Self.numberShift
  }

  /// Opens a loop for the workers below `threads`; the caller must be the only one to do so, and go on to ``finish()``.
  func open(count: Int, threads: Int, body: @escaping @Sendable (Int, Int) -> Void) {
    self.count = count
    self.threads = threads
    self.body = body
    next.store(0, ordering: .relaxed)
    let number = state.load(ordering: .relaxed) >> Self.numberShift + 1
    state.store(number << Self.numberShift | Self.openBit, ordering: .sequentiallyConsistent)
  }

  /// Takes the caller's share of the loop, then waits for the workers'.
  func finish() {
    drain(worker: 0)
    var now = state.bitwiseAnd(~Self.openBit, ordering: .acquiringAndReleasing).newValue
    var spins = 0
    while now & Self.countMask != 0 {
      pinion_spin_pause()
      spins += 1
      if spins > 2_000 { sched_yield() }
      now = state.load(ordering: .acquiring)
    }
    body = nil
  }

  /// Joins the loop `number` as `worker`, if it is still open, and takes a share of it.
  func join(number: UInt64, worker: Int) {
    var now = state.load(ordering: .relaxed)
    repeat {
      guard now >> Self.numberShift == number, now & Self.openBit != 0 else { return }
      let (exchanged, original) = state.weakCompareExchange(
        expected: now, desired: now + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
      if exchanged { break }
      now = original
    } while true
    if worker < threads { drain(worker: worker) }
    state.subtract(1, ordering: .releasing)
  }

  private func drain(worker: Int) {
    guard let body else { fatalError("a loop without a body") }
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      guard piece < count else { return }
      body(piece, worker)
    }
  }
}
