import Foundation
import Testing

/// Arguments that are not UTF-8: Swift strings would name another folder.
@Suite(.timeLimit(.minutes(10))) final class ArgumentEncodingTests {
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "fashion-mnist")

  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "pinion-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Runs a shell command in the folder; `$program` is the example.
  private func run(_ line: String) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment
      .merging(["program": Self.program.path]) { $1 }
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test(arguments: ["--output", "--data", "--json"])
  func argumentsThatAreNotUTF8AreRefused(option: String) throws {
    let (status, errors) = try run("\"$program\" --summary \(option) \"$(printf 'caf\\351')\"")
    #expect(status == 64)
    #expect(errors.contains("argument 3: expected UTF-8, found caf\\xE9"), "\(errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func nonUTF8CurrentFolderIsRefused() throws {
    let (status, errors) = try run(
      "name=\"$(printf 'caf\\351')\"; mkdir \"$name\"; cd \"$name\"; \"$program\" --summary")
    #expect(status == 64)
    #expect(errors.contains("current folder: expected UTF-8"), "\(errors)")
    #expect(try run("rmdir caf*; \"$program\" --summary --output café").status == 0)
  }
}
