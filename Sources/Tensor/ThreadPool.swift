internal import CPinionKernels
internal import Glibc
internal import Synchronization

/// Threads that run the pieces of a loop in parallel.
///
/// The caller of ``run(count:_:)`` is one of them. A thread starts with the same part of the pieces
/// in each loop of as many, whose data may still be in its cache, and continues with what others
/// have not begun. So the assignment of pieces to threads is not deterministic; results do not
/// depend on the number of threads if those of a piece depend on its index alone and the number of
/// pieces depends on the shapes of the data alone.
///
/// Threads are created with the pool, spin for some microseconds without work, then sleep.
public final class ThreadPool: Sendable {
  /// A pool with ``availableCores`` threads, created on first use.
  public static let shared = ThreadPool(threads: availableCores)

  /// The number of threads, including the caller. Smaller than requested if the system refuses
  /// more.
  public let threadCount: Int

  let workers: PoolWorkers
  private let callers = Lock()

  /// - Parameter threads: Including the caller; clamped to 1…max(64, 4 · cores).
  public init(threads: Int) {
    workers = PoolWorkers(count: max(1, min(threads, Self.threadLimit)) - 1)
    threadCount = workers.count + 1
  }

  deinit { workers.stop() }

  /// The number of cores that the process may run on, or the CPU quota of its control group (the
  /// limit of a container), rounded up, if smaller.
  public static let availableCores: Int = {
    let cores = pinion_available_cores()
    guard let quota = CPUQuota.current.cores, quota < Double(cores) else { return cores }
    return max(1, Int(quota.rounded(.up)))
  }()

  /// Upper bound of ``threadCount``: four for each core that the process may run on, at least 64.
  package static let threadLimit = max(64, 4 * pinion_available_cores())

  /// Calls `body` for each piece in `0..<count` on the threads, and returns when all are done.
  ///
  /// Concurrent calls have different numbers `worker` in `0..<threadCount`, for scratch memory.
  /// OpenBLAS runs on one thread inside `body`, and denormals are flushed to zero. A loop inside a
  /// loop, or one started while another thread's is running, runs on its caller alone.
  public func run(count: Int, _ body: @escaping @Sendable (_ piece: Int, _ worker: Int) -> Void) {
    run(count: count, threads: threadCount, body)
  }

  /// As ``run(count:_:)`` on at most `threads` threads; `worker` is in `0..<threads`.
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

/// A parallel loop, opened by a caller and joined by workers, one at a time.
///
/// `state` contains, from the most significant bits: the loop's number, whether it may be joined,
/// and the number of workers in it. A worker joins by incrementing the count of an open loop before
/// it reads `body`; the caller closes the loop and waits until the count is zero. The caller does
/// not wait for workers that have not joined.
final class PoolRegion: Sendable {
  private static let openBit: UInt64 = 1 << 16
  private static let countMask: UInt64 = openBit - 1
  private static let numberShift: UInt64 = 32

  private let state = Atomic<UInt64>(0)
  /// Dealt by the caller while the loop is closed and empty; taken by workers that have joined.
  private let pieces: DealtPieces
  /// Written and read like `pieces`.
  nonisolated(unsafe) private var threads = 0
  nonisolated(unsafe) private var body: (@Sendable (Int, Int) -> Void)?

  /// - Parameter workers: The largest number of workers, including the caller.
  init(workers: Int) { pieces = DealtPieces(workers: workers) }

  /// The number of the loop that may be joined, if any.
  var openNumber: UInt64? {
    let now = state.load(ordering: .sequentiallyConsistent)
    return now & Self.openBit == 0 ? nil : now >> Self.numberShift
  }

  /// Opens a loop for the workers below `threads`. The caller holds the pool's lock and calls
  /// ``finish()``.
  func open(count: Int, threads: Int, body: @escaping @Sendable (Int, Int) -> Void) {
    pieces.deal(count, to: threads)
    unsafe self.threads = threads
    unsafe self.body = body
    let number = state.load(ordering: .relaxed) >> Self.numberShift + 1
    state.store(number << Self.numberShift | Self.openBit, ordering: .sequentiallyConsistent)
  }

  /// Runs pieces as worker 0, then waits for the other workers.
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
    unsafe body = nil
  }

  /// Joins the loop `number` as `worker`, if it is still open, and runs pieces.
  func join(number: UInt64, worker: Int) {
    var now = state.load(ordering: .relaxed)
    repeat {
      guard now >> Self.numberShift == number, now & Self.openBit != 0 else { return }
      let (exchanged, original) = state.weakCompareExchange(
        expected: now, desired: now + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
      if exchanged { break }
      now = original
    } while true
    if unsafe worker < threads { drain(worker: worker) }
    state.subtract(1, ordering: .releasing)
  }

  private func drain(worker: Int) {
    guard let body = unsafe body else { fatalError("a loop without a body") }
    while let piece = pieces.take(by: worker) { body(piece, worker) }
  }
}

/// Work that a pool's threads do while no loop is open, such as assembling the next batch.
///
/// A job can be started repeatedly without allocating. Its pieces run on any thread of the pool
/// between ``start()`` and the return of ``wait()``; ``wait()`` runs those that no thread has
/// taken.
package final class BackgroundJob: Sendable {
  // Not the pool, which would deadlock if a worker released the last reference to it.
  private let workers: PoolWorkers
  private let count: Int
  private let body: @Sendable (Int) -> Void
  private let pieces: DealtPieces
  private let unfinished: Atomic<Int>

  /// A job of `count` pieces, not yet started.
  package init(pool: ThreadPool, count: Int, body: @escaping @Sendable (_ piece: Int) -> Void) {
    require(count > 0, "a job of \(count) pieces")
    workers = pool.workers
    self.count = count
    self.body = body
    pieces = DealtPieces(workers: pool.threadCount)
    unfinished = Atomic(0)
  }

  /// Offers all pieces to the pool's threads and returns. Traps if the job is running.
  package func start() {
    require(unfinished.load(ordering: .acquiring) == 0, "the job is under way")
    unfinished.store(count, ordering: .relaxed)
    pieces.deal(count, to: pieces.workers)
    workers.offer(self)
  }

  /// Runs the remaining pieces on the calling thread and waits for those of other threads.
  package func wait() {
    ComputeScope.run { while runPiece(by: 0) {} }
    workers.withdraw(self)
    var spins = 0
    while unfinished.load(ordering: .acquiring) != 0 {
      pinion_spin_pause()
      spins += 1
      if spins > 2_000 { sched_yield() }
    }
  }

  /// Whether there are pieces that no thread has taken.
  var hasPieces: Bool { pieces.remain }

  /// Runs one piece. Returns whether there was one.
  func runPiece(by worker: Int) -> Bool {
    guard let piece = pieces.take(by: worker) else { return false }
    body(piece)
    unfinished.subtract(1, ordering: .releasing)
    return true
  }
}
