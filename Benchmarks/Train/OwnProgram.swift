import Foundation

/// This program, or another that lies beside it, run in a process of its own.
enum OwnProgram {
  /// A run that ended with an error, which it has printed.
  struct Failure: Error, CustomStringConvertible {
    let arguments: [String]
    let status: Int32
    var description: String { "\(arguments.joined(separator: " ")): ended with status \(status)" }
  }

  /// What it prints; its errors go where this process's go. `program`: nil for this one.
  static func run(_ arguments: [String], program: String? = nil) throws -> Data {
    let process = Process()
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.executableURL =
      program.map { own.deletingLastPathComponent().appending(path: $0) } ?? own
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(arguments: arguments, status: process.terminationStatus)
    }
    return output
  }
}
