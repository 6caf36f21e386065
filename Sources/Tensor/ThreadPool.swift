internal import CPinionKernels
internal import Glibc
internal import Synchronization

/// Threads that share the pieces of a loop.
///
/// The caller of ``run(count:_:)`` works too, so a pool of one thread has no thread of its own. Which thread takes which
/// piece is left to chance; a result is the same for any number of threads as long as a piece's result does not depend on
/// who computes it, and pieces are cut by the shapes of the data alone.
///
/// Threads are created with the pool, spin for some microseconds when they run out of work, then sleep, and end with the pool.
public final class ThreadPool: Sendable {
  /// A pool of as many threads as the process may use cores, created on first use.
  public static let shared = ThreadPool(threads: availableCores)

  /// The number of threads that compute in a loop, the caller's included.
  ///
  /// Fewer than were asked for where the system refuses more, as under a limit of processes.
  public let threadCount: Int

  let workers: PoolWorkers
  private let callers = Lock()

  /// A pool of `threads` threads, the caller's included: at least one, at most ``threadLimit``.
  public init(threads: Int) {
    workers = PoolWorkers(count: max(1, min(threads, Self.threadLimit)) - 1)
    threadCount = workers.count + 1
  }

  deinit { workers.stop() }

  /// The number of cores that the process may use: those that it may run on, or fewer where a control group grants it less
  /// time (a container's CPU limit), rounded up.
  public static let availableCores: Int = {
    let cores = pinion_available_cores()
    guard let quota = CPUQuota.current.cores, quota < Double(cores) else { return cores }
    return max(1, Int(quota.rounded(.up)))
  }()

  /// The most threads of a pool: four for each core that the process may run on, and at least 64.
  public static let threadLimit = max(64, 4 * pinion_available_cores())

  /// Calls `body` once for each piece in `0..<count`, spread over the threads, and returns when all are done.
  ///
  /// `worker`, in `0..<threadCount`, is a number that no two concurrent calls share, for scratch memory. Pieces run in a
  /// ``ComputeScope``. A loop inside a loop, or one that starts while another thread's is under way, runs on its caller alone.
  public func run(count: Int, _ body: @escaping @Sendable (_ piece: Int, _ worker: Int) -> Void) {
    run(count: count, threads: threadCount, body)
  }

  /// As ``run(count:_:)``, on at most `threads` threads: `worker` is below that.
  package func run(
    count: Int, threads: Int, _ body: @escaping @Sendable (_ piece: Int, _ worker: Int) -> Void
  ) {
    guard count > 0 else { return }
    let scope = ComputeScope.enter()
    defer { ComputeScope.leave(scope) }
    guard count > 1, threads > 1, threadCount > 1, callers.tryLock() else {
      for piece in 0..<count { body(piece, 0) }
      return
    }
    workers.region.open(count: count, threads: threads, body: body)
    workers.wake()
    workers.region.finish()
    callers.unlock()
  }
}

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
