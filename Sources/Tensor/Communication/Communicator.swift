/// The processes of a job, its *ranks*, as one of them sees the others.
///
/// Training over several ranks uses point-to-point messages only. Sums and all other collective
/// operations are built of these in a fixed order, so that the bits do not depend on the
/// implementation. `PinionDistributed` implements the protocol over MPI.
///
/// All ranks must make the same calls in the same order. A call that fails does not return: the job
/// ends with a message, as the other ranks cannot continue either.
public protocol Communicator: AnyObject, Sendable {
  /// The index of this rank, from 0.
  var rank: Int { get }
  /// The number of ranks.
  var size: Int { get }

  /// Sends bytes to a rank and receives bytes from another, or the same, at once.
  ///
  /// - Parameters:
  ///   - sent: The bytes to send.
  ///   - target: The rank that receives them; nil to send nothing.
  ///   - received: Memory for the bytes to receive, exactly as many as are sent.
  ///   - source: The rank that sends them; nil to receive nothing.
  func exchange(
    sending sent: UnsafeRawBufferPointer, to target: Int?,
    receiving received: UnsafeMutableRawBufferPointer, from source: Int?)

  /// Ends all ranks with a message.
  func abort(_ message: String) -> Never
}

/// Consecutive ranks that share a batch, a power of two.
package struct RankGroup: Sendable {
  package let communicator: any Communicator
  /// The rank of the first.
  package let first: Int
  package let count: Int

  /// The group of `count` ranks to which the communicator's rank belongs. The job consists of such
  /// groups, all of which do the same computation.
  package init(_ communicator: any Communicator, count: Int) {
    require(
      count > 0 && count & (count - 1) == 0 && communicator.size % count == 0,
      "groups of \(count) ranks among \(communicator.size)")
    self.communicator = communicator
    self.count = count
    first = communicator.rank / count * count
  }

  /// The position of this rank in the group.
  package var index: Int { communicator.rank - first }

  /// Sends to, and receives from, the member at a position.
  func swap(
    _ sent: UnsafeRawBufferPointer, _ received: UnsafeMutableRawBufferPointer, with index: Int
  ) {
    unsafe communicator.exchange(
      sending: sent, to: first + index, receiving: received, from: first + index)
  }
}
