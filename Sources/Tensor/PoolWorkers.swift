internal import CPinionKernels
internal import CPinionOpenBLAS
internal import Glibc
internal import Synchronization

/// The threads of a pool, which wait for an open loop, a background job or the end.
final class PoolWorkers: Sendable {
  /// Spins before an idle worker sleeps, about 50 µs: longer than the serial parts of a training
  /// step.
  private static let spinLimit = 4_000

  let region: PoolRegion
  private let lock = Lock()
  private let sleepers = Atomic<Int>(0)
  private let stopped = Atomic<Bool>(false)
  private let offered = Atomic<Int>(0)
  /// Guarded by `lock`.
  nonisolated(unsafe) private var jobs: [BackgroundJob] = []
  /// Written in `init` alone.
  nonisolated(unsafe) private var threads: [pthread_t] = []

  /// Up to `count` workers, fewer if the system refuses more threads.
  init(count: Int) {
    region = PoolRegion(workers: count + 1)
    unsafe jobs.reserveCapacity(4)
    for worker in 0..<count {
      guard let thread = start(worker: worker + 1) else { break }
      unsafe threads.append(thread)
    }
  }

  var count: Int { unsafe threads.count }

  func wake() {
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    lock.withLock { lock.wakeAll() }
  }

  func offer(_ job: BackgroundJob) {
    guard unsafe !threads.isEmpty else { return }
    lock.withLock {
      unsafe jobs.append(job)
      unsafe offered.store(jobs.count, ordering: .sequentiallyConsistent)
      lock.wakeAll()
    }
  }

  /// Removes a job from the list unless it was started again.
  func withdraw(_ job: BackgroundJob) {
    guard offered.load(ordering: .acquiring) > 0 else { return }
    lock.withLock {
      unsafe jobs.removeAll { $0 === job && !job.hasPieces }
      unsafe offered.store(jobs.count, ordering: .sequentiallyConsistent)
    }
  }

  func stop() {
    stopped.store(true, ordering: .sequentiallyConsistent)
    lock.withLock { lock.wakeAll() }
    for thread in unsafe threads { pthread_join(thread, nil) }
  }

  private func start(worker: Int) -> pthread_t? {
    final class Start {
      let workers: PoolWorkers
      let worker: Int
      init(_ workers: PoolWorkers, _ worker: Int) {
        (self.workers, self.worker) = (workers, worker)
      }
    }
    var thread = pthread_t()
    let start = unsafe Unmanaged.passRetained(Start(self, worker))
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.workers.work(worker: start.worker)
        return nil
      }, unsafe start.toOpaque())
    guard status == 0 else {
      unsafe start.release()
      return nil
    }
    return thread
  }

  private func work(worker: Int) {
    _ = pinion_float_mode_enter()
    // In the OpenMP build the number of threads is per thread.
    if openblas_get_parallel() == 2 { openblas_set_num_threads(1) }
    var last: UInt64 = 0
    var spins = 0
    while !stopped.load(ordering: .acquiring) {
      if let number = region.openNumber, number != last {
        region.join(number: number, worker: worker)
        last = number
        spins = 0
      } else if offered.load(ordering: .acquiring) > 0, runBackgroundPiece(by: worker) {
        spins = 0
      } else if spins < Self.spinLimit {
        spins += 1
        pinion_spin_pause()
      } else {
        sleep(last: last)
        spins = 0
      }
    }
  }

  private func runBackgroundPiece(by worker: Int) -> Bool {
    guard let job = lock.withLock({ unsafe jobs.first }) else { return false }
    if job.runPiece(by: worker) { return true }
    withdraw(job)
    return false
  }

  private func sleep(last: UInt64) {
    lock.withLock {
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while !stopped.load(ordering: .sequentiallyConsistent),
        offered.load(ordering: .sequentiallyConsistent) == 0,
        region.openNumber.map({ $0 == last }) ?? true
      {
        lock.wait()
      }
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }
  }
}

/// The pieces of a loop, dealt to workers in ranges of nearly as many.
///
/// A worker takes those of its own range first, so that it mostly works on what it wrote in the
/// loop before, and then what is left of the ranges after it. With one counter for all, data moves
/// between the cores' caches: steps of networks take 1.01 to 1.09 times as long (Emerald Rapids).
@safe final class DealtPieces: Sendable {
  /// Integers from one counter to the next: two cache lines, which processors fetch together.
  private static let stride = 16

  /// The largest number of workers.
  let workers: Int
  /// The next piece of each range, from its start up to beyond its end.
  private nonisolated(unsafe) let counters: UnsafeMutablePointer<Atomic<Int>>
  /// Changed only while no worker takes pieces.
  nonisolated(unsafe) private var count = 0
  nonisolated(unsafe) private var ranges = 1

  init(workers: Int) {
    self.workers = workers
    unsafe counters = .allocate(capacity: workers * Self.stride)
    for worker in 0..<workers {
      unsafe (counters + worker * Self.stride).initialize(to: Atomic(0))
    }
  }

  deinit { unsafe counters.deallocate() }

  /// Deals `0..<count` to as many workers as have a piece, at most `threads`. Releases what the
  /// caller has written to those who take pieces.
  func deal(_ count: Int, to threads: Int) {
    // A job deals the same again and again, while a worker may still look for pieces of before.
    let number = min(count, threads, workers)
    if unsafe self.count != count || ranges != number {
      unsafe (self.count, ranges) = (count, number)
    }
    for range in 0..<number {
      unsafe counters[range * Self.stride].store(start(of: range), ordering: .releasing)
    }
  }

  /// The next piece for a worker, if there is any left.
  func take(by worker: Int) -> Int? {
    let ranges = unsafe ranges
    for step in 0..<ranges {
      let range = (worker + step) % ranges
      let end = start(of: range + 1)
      guard unsafe counters[range * Self.stride].load(ordering: .acquiring) < end else { continue }
      let piece = unsafe counters[range * Self.stride].add(1, ordering: .acquiringAndReleasing)
        .oldValue
      if piece < end { return piece }
    }
    return nil
  }

  /// Whether there are pieces that no worker has taken.
  var remain: Bool {
    unsafe (0..<ranges).contains { range in
      unsafe counters[range * Self.stride].load(ordering: .acquiring) < start(of: range + 1)
    }
  }

  private func start(of range: Int) -> Int { unsafe range * count / ranges }
}
