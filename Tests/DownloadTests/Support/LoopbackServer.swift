import Foundation
import Glibc
import Synchronization

/// An HTTP/1.1 server on 127.0.0.1 for one test, with a limit on the number of requests.
///
/// It uses its own threads, so that it responds while other tests occupy the shared ones.
final class LoopbackServer: Sendable {
  private static let connectionLimit = 64

  let port: UInt16
  private let descriptor: Int32
  private let log = Log()

  private final class Log: Sendable {
    let requests = Mutex<[HTTPRequest]>([])
    let openConnections = Atomic<Int>(0)
  }

  init(_ answer: @escaping @Sendable (HTTPRequest) -> HTTPReply) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
    let log = log
    Thread.detachNewThread { Self.serve(descriptor, log, answer) }
  }

  /// Wakes the accepting thread, which closes the descriptor.
  deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// The number of connections that neither side has closed.
  var openConnections: Int { log.openConnections.load(ordering: .acquiring) }

  var requests: [HTTPRequest] { log.requests.withLock { $0 } }

  func url(_ path: String) -> URL { URL(string: "http://127.0.0.1:\(port)/\(path)")! }

  private static func serve(
    _ descriptor: Int32, _ log: Log, _ answer: @escaping @Sendable (HTTPRequest) -> HTTPReply
  ) {
    defer { close(descriptor) }
    for _ in 0..<connectionLimit {
      var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&event, 1, -1) > 0 else { return }
      let connection = accept(descriptor, nil, nil)
      guard connection >= 0 else { return }
      log.openConnections.add(1, ordering: .releasing)
      Thread.detachNewThread {
        defer {
          close(connection)
          log.openConnections.subtract(1, ordering: .releasing)
        }
        // On a busy machine, a client may neither send nor read for minutes.
        var limit = timeval(tv_sec: 600, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard let request = read(connection) else { return }
        log.requests.withLock { $0.append(request) }
        write(answer(request), to: connection)
      }
    }
  }

  private static func read(_ connection: Int32) -> HTTPRequest? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard bytes.count < 1 << 14, recv(connection, &byte, 1, 0) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return HTTPRequest(path: String(words[1]), headers: headers)
  }

  private static func write(_ reply: HTTPReply, to connection: Int32) {
    var head = "HTTP/1.1 \(reply.status)\r\nConnection: close\r\n"
    for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
    let body = Array(reply.body.prefix(reply.sent ?? .max))
    guard send(reply.raw ?? Array((head + "\r\n").utf8), to: connection) else { return }
    let step = max(1, reply.pace?.bytes ?? body.count)
    for start in stride(from: 0, to: body.count, by: step) {
      guard send(Array(body[start..<min(start + step, body.count)]), to: connection) else { return }
      if let pace = reply.pace { Thread.sleep(forTimeInterval: pace.seconds) }
      while !reply.goesOn() {
        var event = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        guard poll(&event, 1, 5) == 0 else { return }
      }
    }
    if !reply.endless.isEmpty {
      for _ in 0..<reply.repetitions {
        guard send(reply.endless, to: connection) else { return }
        if let pace = reply.pace { Thread.sleep(forTimeInterval: pace.seconds) }
      }
    }
    while reply.isHeld() || !reply.endless.isEmpty {
      // Clients send nothing after the request, so that readability means end of file.
      var event = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      guard poll(&event, 1, 5) == 0 else { return }
    }
    if reply.isReset {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    } else {
      shutdown(connection, Int32(SHUT_WR))
    }
  }

  private static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}
