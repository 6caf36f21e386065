import Foundation
import Testing

/// Programs under a limit of the address space (`ulimit -v`) or of data (`-d`), in which OpenBLAS's
/// threads wait forever for their buffers: each ends, with its result or with an error that says
/// what to do.
@Suite(.timeLimit(.minutes(10))) final class AddressSpaceTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The exit status, 124 if the program does not end, and what it prints.
  private func run(
    _ program: String, _ arguments: [String], limit: String = "-v", kibibytes: Int
  ) throws -> (status: Int32, text: String) {
    let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments =
      [
        "-c", "ulimit \(limit)" + #" "$0" && exec "$@""#, "\(kibibytes)", "timeout", "120",
        programs.appending(path: program).path,
      ] + arguments
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  /// The limits leave room for the program, and for none or one of the buffers.
  private static let limits = [240_000, 320_000]

  @Test(arguments: limits) func programsThatComputeNothingEnd(kibibytes: Int) throws {
    let help = try run("pinion-report", ["--help"], kibibytes: kibibytes)
    #expect(help.status == 0 && help.text.contains("USAGE"), "\(help)")
    let failure = try run("pinion-report", ["compare", folder.path], kibibytes: kibibytes)
    #expect(failure.status != 124 && failure.text.contains("report.json"), "\(failure)")
  }

  @Test(arguments: limits) func trainingIsRefused(kibibytes: Int) throws {
    try Garments.write(to: folder)
    let arguments = ["--data", folder.path, "--output", folder.appending(path: "run").path]
    let result = try run("fashion-mnist", arguments + ["--threads", "4"], kibibytes: kibibytes)
    #expect(result.status != 124 && result.status != 0, "\(result)")
    #expect(result.text.contains("ulimit -v") && result.text.contains("fewer threads"), "\(result)")
  }

  @Test func trainingWithLittleDataIsRefused() throws {
    try Garments.write(to: folder)
    let arguments = ["--data", folder.path, "--output", folder.appending(path: "run").path]
    let result = try run(
      "fashion-mnist", arguments + ["--threads", "4"], limit: "-d", kibibytes: 100_000)
    #expect(result.status != 124 && result.status != 0, "\(result)")
    #expect(result.text.contains("ulimit -d") && result.text.contains("fewer threads"), "\(result)")
  }
}
