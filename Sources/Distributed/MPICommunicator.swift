internal import CPinionMPI
internal import Glibc
public import PinionTensor
internal import Synchronization

/// The ranks of a job that `mpirun`, `srun` or another launcher of MPI started.
///
/// ```swift
/// let ranks = try MPICommunicator.start()
/// try model.distribute(over: ranks)
/// try model.fit(training, epochs: 10, batchSize: 512)
/// ranks.end()
/// ```
///
/// The library is opened when ``start(timeout:library:)`` is called, by its name: Open MPI 4 and 5,
/// MPICH 3 and 4 and implementations with its ABI, and the ABI of MPI 5. A process that no launcher
/// started is the only rank, and needs no MPI.
public final class MPICommunicator: Communicator {
  public let rank: Int
  public let size: Int
  /// The name and version of the library; nil if the process is the only rank.
  public let library: String?
  /// The longest time for which a rank waits for another one.
  public let timeout: Duration

  private static let isStarted = Atomic<Bool>(false)
  /// The largest message: counts are 32-bit numbers.
  private static let largestMessage = 1 << 30
  private enum Tag {
    static let data: Int32 = 1
    static let alive: Int32 = 2
  }

  /// Starts MPI.
  ///
  /// - Parameters:
  ///   - timeout: The time within which the job ends when a rank does not answer: others wait for
  ///     it until 6 seconds before, or for half of the time. Default: 5 minutes. Longer than the
  ///     longest time in which only one rank works, such as evaluating or writing files.
  ///   - library: The path of the library. Default: `$PINION_MPI`, else that of the launcher.
  ///
  /// Throws ``MPIError``.
  public static func start(
    timeout: Duration = .seconds(300), library: String? = nil
  ) throws(MPIError) -> MPICommunicator {
    let path = library ?? MPILibrary.variable("PINION_MPI")
    guard path != nil || MPILibrary.isLaunched else {
      return MPICommunicator(rank: 0, size: 1, library: nil, timeout: timeout)
    }
    guard !isStarted.exchange(true, ordering: .relaxed) else { throw .startedTwice }
    _ = try MPILibrary.open(path)
    var (rank, size): (Int32, Int32) = (0, 0)
    guard pinion_mpi_start(&rank, &size) == 0 else { throw .failure(MPILibrary.lastError()) }
    return MPICommunicator(
      rank: Int(rank), size: Int(size), library: MPILibrary.version, timeout: timeout)
  }

  private init(rank: Int, size: Int, library: String?, timeout: Duration) {
    (self.rank, self.size, self.library, self.timeout) = (rank, size, library, timeout)
  }

  /// The number of ranks on this machine, as set by the launcher; 1 if it is not set.
  public static var localSize: Int {
    for name in ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE"] {
      if let count = MPILibrary.variable(name).flatMap({ Int($0) }), count > 0 { return count }
    }
    return 1
  }

  /// Ends MPI, after all ranks have called it. The communicator must not be used afterwards.
  ///
  /// A process that ends without it, as after an error, ends the job.
  public func end() {
    guard library != nil else { return }
    barrier()
    _ = pinion_mpi_finish()
  }

  public func abort(_ message: String) -> Never {
    write("rank \(rank): \(message)")
    if library != nil { pinion_mpi_abort(1) }
    exit(1)
  }

  private func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  public func exchange(
    sending sent: UnsafeRawBufferPointer, to target: Int?,
    receiving received: UnsafeMutableRawBufferPointer, from source: Int?
  ) {
    var start = 0
    repeat {
      let send = min(Self.largestMessage, max(0, sent.count - start))
      let receive = min(Self.largestMessage, max(0, received.count - start))
      exchange(
        sent.baseAddress.map { $0 + start }, send, start == 0 || send > 0 ? target : nil,
        received.baseAddress.map { $0 + start }, receive, start == 0 || receive > 0 ? source : nil)
      start += Self.largestMessage
    } while start < max(sent.count, received.count)
  }

  private func exchange(
    _ sent: UnsafeRawPointer?, _ sentCount: Int, _ target: Int?,
    _ received: UnsafeMutableRawPointer?, _ receivedCount: Int, _ source: Int?
  ) {
    var (send, receive) = (pinion_mpi_request(), pinion_mpi_request())
    var (isSending, isReceiving) = (false, false)
    if let source {
      check(
        pinion_mpi_receive(received, Int32(receivedCount), Int32(source), Tag.data, &receive))
      isReceiving = true
    }
    if let target {
      check(pinion_mpi_send(sent, Int32(sentCount), Int32(target), Tag.data, &send))
      isSending = true
    }
    var wait = Wait(silence)
    while isSending || isReceiving {
      if isReceiving, isDone(&receive) { isReceiving = false }
      if isSending, isDone(&send) { isSending = false }
      guard isSending || isReceiving, !wait.next() else { continue }
      reportSilence(waitedFor: (isReceiving ? source : target) ?? rank)
    }
  }

  private func isDone(_ request: inout pinion_mpi_request) -> Bool {
    var isDone: Int32 = 0
    check(pinion_mpi_test(&request, &isDone))
    return isDone != 0
  }

  private func check(_ status: Int32) {
    if status != 0 { abort("MPI: \(MPILibrary.lastError())") }
  }

  /// The time in which ranks that wait, too, answer.
  private static let answerTime = Duration.seconds(3)
  /// The time in which `mpirun` ends all ranks.
  private static let endTime = Duration.seconds(3)

  /// The time without a message after which the others are asked, so that the job ends within
  /// ``timeout``.
  private var silence: Duration {
    max(timeout / 2, timeout - Self.answerTime - Self.endTime)
  }

  /// Ends the job, naming the ranks that do not run: those that wait for others answer each other.
  private func reportSilence(waitedFor other: Int) -> Never {
    let others = (0..<size).filter { $0 != rank }
    let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: size + 1)
    var pending: [(rank: Int, request: pinion_mpi_request)] = []
    for other in others {
      var (send, receive) = (pinion_mpi_request(), pinion_mpi_request())
      check(pinion_mpi_receive(byte + other, 1, Int32(other), Tag.alive, &receive))
      check(pinion_mpi_send(byte + size, 1, Int32(other), Tag.alive, &send))
      pending.append((other, receive))
    }
    var wait = Wait(Self.answerTime)
    repeat { pending.removeAll { isDone(&$0.request) } } while !pending.isEmpty && wait.next()
    let silent = pending.map { "\($0.rank)" }.joined(separator: ", ")
    abort(
      silent.isEmpty
        ? "no message from rank \(other) in \(silence), though all ranks run: they have made "
          + "different calls"
        : "no message from rank \(other) in \(silence); rank\(pending.count > 1 ? "s" : "") "
          + "\(silent) did not answer: stopped, cut off or busy for longer than that")
  }
}

extension Array where Element == (rank: Int, request: pinion_mpi_request) {
  /// Removes the elements for which `isRemoved` holds, which may change them.
  fileprivate mutating func removeAll(where isRemoved: (inout Element) -> Bool) {
    var kept: [Element] = []
    for var element in self where !isRemoved(&element) { kept.append(element) }
    self = kept
  }
}

/// A wait that yields to other processes: checks without a pause at first, since messages on the
/// same machine arrive within microseconds, then yields the core, then sleeps.
private struct Wait {
  private let limit: Duration
  private var checks = 0
  private var start: ContinuousClock.Instant?

  init(_ limit: Duration) { self.limit = limit }

  /// Whether to check again.
  mutating func next() -> Bool {
    checks += 1
    if checks < 100 { return true }
    sched_yield()
    guard checks.isMultiple(of: 64) else { return true }
    let now = ContinuousClock.now
    guard let start else {
      self.start = now
      return true
    }
    let passed = start.duration(to: now)
    // Leaves the core to ranks that compute for a longer time.
    if passed > .milliseconds(20) { usleep(100) }
    return passed < limit
  }
}
