import Foundation

/// Runs the benchmark programs, which lie next to the tests' executable.
enum BenchmarkPrograms {
  /// The parsed JSON file that a program writes with `--json`.
  static func json(_ program: String, _ arguments: [String]) throws -> Any {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "pinion-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try output(program, arguments + ["--json", file.path])
    return try JSONSerialization.jsonObject(with: Data(contentsOf: file))
  }

  /// The lines that a program prints for an input, with variables of its own in the environment, or
  /// without those that are nil.
  static func output(
    _ program: String, _ arguments: [String], input: String = "",
    environment: [String: String?] = [:]
  ) throws -> [Substring] {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: program)
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
    let (read, write) = (Pipe(), Pipe())
    process.standardOutput = read
    process.standardInput = write
    try process.run()
    try write.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try write.fileHandleForWriting.close()
    let data = read.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CocoaError(.executableLoad, userInfo: ["status": process.terminationStatus])
    }
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
  }
}
