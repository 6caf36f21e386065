internal import CPinionKernels
internal import Glibc
internal import Synchronization

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
  private let next: Atomic<Int>
  private let unfinished: Atomic<Int>

  /// A job of `count` pieces, not yet started.
  package init(pool: ThreadPool, count: Int, body: @escaping @Sendable (_ piece: Int) -> Void) {
    require(count > 0, "a job of \(count) pieces")
    workers = pool.workers
    self.count = count
    self.body = body
    next = Atomic(count)
    unfinished = Atomic(0)
  }

  /// Offers all pieces to the pool's threads and returns. Traps if the job is running.
  package func start() {
    require(unfinished.load(ordering: .acquiring) == 0, "the job is under way")
    unfinished.store(count, ordering: .relaxed)
    next.store(0, ordering: .releasing)
    workers.offer(self)
  }

  /// Runs the remaining pieces on the calling thread and waits for those of other threads.
  package func wait() {
    ComputeScope.run { while runPiece() {} }
    workers.withdraw(self)
    var spins = 0
    while unfinished.load(ordering: .acquiring) != 0 {
      pinion_spin_pause()
      spins += 1
      if spins > 2_000 { sched_yield() }
    }
  }

  /// Whether there are pieces that no thread has taken.
  var hasPieces: Bool { next.load(ordering: .acquiring) < count }

  /// Runs one piece. Returns whether there was one.
  func runPiece() -> Bool {
    guard hasPieces else { return false }
    let piece = next.add(1, ordering: .acquiringAndReleasing).oldValue
    guard piece < count else { return false }
    body(piece)
    unfinished.subtract(1, ordering: .releasing)
    return true
  }
}
