import Foundation
import PinionTensor
import Testing

/// A run fails before any work if its folder is in use or not writable.
@Suite(.timeLimit(.minutes(10))) final class SharedFolderTests {
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "fashion-mnist")

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Garments.write(to: folder)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Runs the example. Returns its exit status and standard error.
  private func run(_ output: String, json: String? = nil) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = Self.program
    process.arguments =
      ["--data", folder.path, "--output", folder.appending(path: output).path]
      + ["--model", "mlp", "--epochs", "1", "--limit", "100"]
      + (json.map { ["--json", folder.appending(path: $0).path] } ?? [])
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test func folderInUseIsRefused() throws {
    let output = folder.appending(path: "run", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    let lock = try FileLock(folder: output)
    let (status, message) = try run("run")
    #expect(status != 0)
    #expect(message.contains(output.path) && message.contains("a run in progress"), "\(message)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: output.path) == [".lock"])
    withExtendedLifetime(lock) {}
  }

  @Test func unwritableResultsAreRefusedBeforeTraining() throws {
    let (status, message) = try run("new", json: "missing/results.json")
    #expect(status != 0 && message.contains("missing/results.json"), "\(message)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "new").path) == [])
    try Data().write(to: folder.appending(path: "file"))
    #expect(try run("file").0 != 0)
    for name in ["index.html", "report.json", "curves.svg", "predictions.png"] {
      let place = folder.appending(path: "blocked/\(name)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let (status, message) = try run("blocked")
      #expect(status != 0 && message.contains("\(name): writing: expected"), "\(message)")
      #expect(
        try FileManager.default.contentsOfDirectory(
          atPath: folder.appending(path: "blocked").path) == [name])
      try FileManager.default.removeItem(at: place)
    }
  }
}
