public import PinionTensor

/// Ranks that are threads of one process, for tests of programs that train over several ranks.
///
/// ```swift
/// let ranks = ThreadCommunicator.group(of: 4)
/// ```
/// Each thread uses the communicator of its rank.
public final class ThreadCommunicator: Communicator {
  public let rank: Int
  public let size: Int
  private let mailboxes: Mailboxes

  private init(rank: Int, size: Int, mailboxes: Mailboxes) {
    (self.rank, self.size, self.mailboxes) = (rank, size, mailboxes)
  }

  /// The communicators of `count` ranks.
  public static func group(of count: Int) -> [ThreadCommunicator] {
    let mailboxes = Mailboxes(count: count)
    return (0..<count).map { ThreadCommunicator(rank: $0, size: count, mailboxes: mailboxes) }
  }

  public func exchange(
    sending sent: UnsafeRawBufferPointer, to target: Int?,
    receiving received: UnsafeMutableRawBufferPointer, from source: Int?
  ) {
    if let target { mailboxes.put(Array(sent), from: rank, to: target) }
    if let source {
      let bytes = mailboxes.take(from: source, to: rank)
      guard bytes.count == received.count else {
        abort("\(bytes.count) bytes of rank \(source), \(received.count) expected")
      }
      received.copyBytes(from: bytes)
    }
  }

  public func abort(_ message: String) -> Never { fatalError("rank \(rank): \(message)") }
}

/// The messages under way between threads.
private final class Mailboxes: Sendable {
  private let count: Int
  private let lock = Lock()
  /// For each pair of ranks, in order. Guarded by `lock`.
  nonisolated(unsafe) private var messages: [[[UInt8]]]

  init(count: Int) {
    self.count = count
    messages = Array(repeating: [], count: count * count)
  }

  func put(_ bytes: [UInt8], from source: Int, to target: Int) {
    lock.withLock {
      messages[source * count + target].append(bytes)
      lock.wakeAll()
    }
  }

  func take(from source: Int, to target: Int) -> [UInt8] {
    lock.withLock {
      let place = source * count + target
      while messages[place].isEmpty { lock.wait() }
      return messages[place].removeFirst()
    }
  }
}
