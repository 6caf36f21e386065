import Foundation
import Testing

/// The costs of reading a file in a separate process.
struct Probe {
  private static let program = program(named: "file-probe")

  /// A program next to the tests' executable.
  static func program(named name: String) -> URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: name)
  }

  let isRead: Bool
  /// The peak memory beyond that before reading.
  let bytes: Int
  /// CPU time, which does not depend on other processes.
  let seconds: Double
  let message: String

  /// Reads a file of a given kind. Nil, with an issue, if the process crashes.
  init?(_ kind: String, _ file: URL) throws {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = [kind, file.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    let fields = text.split(separator: " ", maxSplits: 3).map(String.init)
    guard process.terminationStatus == 0, process.terminationReason == .exit, fields.count > 2,
      let bytes = Int(fields[1]), let seconds = Double(fields[2].trimmingCharacters(in: .newlines))
    else {
      Issue.record(
        "\(kind) \(file.lastPathComponent): ended with \(process.terminationStatus) \(text)")
      return nil
    }
    isRead = fields[0] == "read"
    self.bytes = bytes
    self.seconds = seconds
    message = fields.count > 3 ? fields[3].trimmingCharacters(in: .newlines) : ""
  }

  /// Reads a file and expects at most twice its size plus 64 MiB of memory, and one second per
  /// megabyte plus one.
  @discardableResult
  static func expectBounded(_ kind: String, _ file: URL, size: Int? = nil) throws -> Probe? {
    guard let probe = try Probe(kind, file) else { return nil }
    let size =
      try size ?? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0
    let place = "\(kind) \(file.lastPathComponent) of \(size) bytes: \(probe.message)"
    #expect(probe.bytes <= 2 * size + (64 << 20), "\(probe.bytes) bytes for \(place)")
    #expect(probe.seconds <= 1 + Double(size) / 1e6, "\(probe.seconds) s for \(place)")
    return probe
  }
}
