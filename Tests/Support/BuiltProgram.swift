public import Foundation

/// Programs of the package, which the build of the tests has made.
public enum BuiltProgram {
  /// How a program ended, and what it wrote to standard error.
  public struct Ending {
    public let reason: Process.TerminationReason
    public let status: Int32
    public let message: String
  }

  /// The file of a program, next to the tests' executable.
  public static func file(_ name: String) -> URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: name)
  }

  /// Runs a program to its end, without its standard output.
  ///
  /// - Parameter folder: The current folder of the process. Default: that of this one.
  public static func run(
    _ program: URL, _ arguments: [String], in folder: URL? = nil
  ) throws -> Ending {
    let process = Process()
    process.executableURL = program
    if let folder { process.currentDirectoryURL = folder }
    process.arguments = arguments
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let message = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Ending(
      reason: process.terminationReason, status: process.terminationStatus, message: message)
  }
}
