import Foundation
import Glibc
import PinionTestSupport

/// OpenSSL's test server on 127.0.0.1 with a self-signed certificate.
final class TLSServer {
  private static let command = URL(filePath: "/usr/bin/openssl")

  /// Whether the `openssl` command is available.
  static let isPossible = FileManager.default.isExecutableFile(atPath: command.path)

  /// A certificate that the system does not trust.
  let certificate: URL
  private let folder = try? TemporaryFolder()
  private let process = Process()
  private var port = 0

  /// - Parameter answers: Responses (head and body) by name.
  init(_ answers: [String: [UInt8]]) throws {
    guard let folder = folder?.url else { throw CocoaError(.fileWriteUnknown) }
    certificate = folder.appending(path: "certificate.pem")
    let key = folder.appending(path: "key.pem")
    let making = Process()
    making.executableURL = Self.command
    making.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-days",
      "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.path,
      "-out", certificate.path,
    ]
    making.standardError = FileHandle.nullDevice
    try making.run()
    making.waitUntilExit()
    for (name, answer) in answers { try Data(answer).write(to: folder.appending(path: name)) }

    process.executableURL = Self.command
    process.currentDirectoryURL = folder
    process.arguments = [
      "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.path, "-key", key.path, "-HTTP",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // "ACCEPT 127.0.0.1:" and the port that the system chose.
    var text = ""
    while !text.contains(/ACCEPT \S+:\d+\n/) {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
      text += String(decoding: data, as: UTF8.self)
    }
    port = text.firstMatch(of: /ACCEPT \S+:(\d+)\n/).flatMap { Int($0.1) } ?? 0
  }

  deinit {
    // The process has inherited a signal mask that blocks all signals but this one.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func url(_ name: String) -> URL { URL(string: "https://127.0.0.1:\(port)/\(name)")! }
}

/// A reserved port of 127.0.0.1 that refuses connections.
final class UnansweredPort {
  let number: UInt16
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    number = UInt16(bigEndian: address.sin_port)
    guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }
}
