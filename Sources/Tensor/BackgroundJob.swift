internal import CPinionKernels
internal import Glibc
internal import Synchronization

/// Work that a pool's threads do when they have nothing more urgent, such as assembling the next batch.
///
/// The same job can be started again and again; it allocates nothing then. Between ``start()`` and the return of
/// ``wait()`` its pieces may run on any thread of the pool; pieces that nobody has taken when the owner
/// waits, the owner does.
public final class BackgroundJob: Sendable {
  // Not the pool itself: a worker may hold a job for a moment longer than anyone holds the pool, and a pool that
  // ended on its own thread would wait for itself.
  private let workers: PoolWorkers
  private let count: Int
  private let body: @Sendable (Int) -> Void
  private let next: Atomic<Int>
  private let unfinished: Atomic<Int>

  /// A job of `count` pieces, not yet started.
  public init(pool: ThreadPool, count: Int, body: @escaping @Sendable (_ piece: Int) -> Void) {
    require(count > 0, "a job of \(count) pieces")
    workers = pool.workers
    self.count = count
    self.body = body
    next = Atomic(count)
    unfinished = Atomic(0)
  }

  /// Offers all pieces to the pool's threads and returns at once. The job must not be under way.
  public func start() {
    require(unfinished.load(ordering: .acquiring) == 0, "the job is under way")
    unfinished.store(count, ordering: .relaxed)
    next.store(0, ordering: .releasing)
    workers.offer(self)
  }

  /// Does the pieces that are left on the calling thread and waits for those under way elsewhere.
  public func wait() {
    ComputeScope.run { while runPiece() {} }
    workers.withdraw(self)
    var spins = 0
    while unfinished.load(ordering: .acquiring) != 0 {
      pinion_spin_pause()
      spins += 1
      if spins > 2_000 { sched_yield() }
    }
  }

  /// Whether there are pieces that nobody has taken.
  var hasPieces: Bool { next.load(ordering: .acquiring) < count }

  /// Runs one piece, and says whether there was one.
  func runPiece() -> Bool {
    guard hasPieces else { return false }
    let piece = next.add(1, ordering: .acquiringAndReleasing).oldValue
    guard piece < count else { return false }
    body(piece)
    unfinished.subtract(1, ordering: .releasing)
    return true
  }
}
