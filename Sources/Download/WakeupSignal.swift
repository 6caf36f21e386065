internal import Glibc

/// Wakes a thread that waits for a connection: a socket that becomes readable, for good.
final class WakeupSignal: Sendable {
  /// The end that becomes readable.
  let descriptor: Int32
  private let sender: Int32

  /// Throws if the process has no descriptors left.
  init() throws(TransferError) {
    var ends: [Int32] = [-1, -1]
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    guard socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else {
      throw TransferError(kind: .connection, text: String(cString: strerror(errno)))
    }
    (descriptor, sender) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(sender)
  }

  /// Safe on any thread, any number of times.
  func send() {
    var byte: UInt8 = 1
    _ = Glibc.send(sender, &byte, 1, Int32(MSG_NOSIGNAL))
  }
}
