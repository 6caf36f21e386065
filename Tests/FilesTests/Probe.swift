import Foundation
import Testing

/// What reading a file took, in a process of its own.
struct Probe {
  /// The program, beside the tests' own.
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "file-probe")

  let isRead: Bool
  /// Beyond what the process had before.
  let bytes: Int
  /// Of a processor, so that other programs beside the tests do not count.
  let seconds: Double
  let message: String

  /// Has a file of a kind read; nil, with an issue, if that ended the program.
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

  /// Has a file read, and expects that it takes at most twice its size and 64 MiB, and a second a megabyte and one more.
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
