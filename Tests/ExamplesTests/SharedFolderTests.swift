import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionReport

/// A run fails before any work if its folder is in use or not writable, or if its options do not
/// suit the folder or the data.
@Suite(.timeLimit(.minutes(10))) final class SharedFolderTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Garments.write(to: folder)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Runs the example. Returns its exit status and standard error.
  private func run(
    _ output: String, json: String? = nil, _ options: [String] = []
  ) throws -> (Int32, String) {
    let ending = try BuiltProgram.run(
      BuiltProgram.file("fashion-mnist"),
      ["--data", folder.path, "--output", folder.appending(path: output).path]
        + ["--model", "mlp", "--epochs", "1", "--limit", "100"]
        + (json.map { ["--json", folder.appending(path: $0).path] } ?? []) + options)
    return (ending.status, ending.message)
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

  @Test func filesOfTheRunAreNoResults() throws {
    let files = FileManager.default
    try files.createDirectory(
      at: folder.appending(path: "elsewhere/old"), withIntermediateDirectories: true)
    try files.createSymbolicLink(
      at: folder.appending(path: "link"), withDestinationURL: folder.appending(path: "elsewhere"))
    let names =
      [
        "weights.safetensors", "checkpoint.safetensors", "history.csv", ".lock",
        "checkpoint.safetensors.lock", "history.csv.lock",
      ] + ExperimentReport.fileNames
    let places =
      names.map { ("new", "new/\($0)") } + [
        ("new", "new/../new/report.json"), ("link/new", "elsewhere/new/report.json"),
        ("elsewhere/old", "link/old/history.csv"),
      ]
    for (output, json) in places {
      let (status, message) = try run(output, json: json)
      #expect(status == 64, "\(json)")
      #expect(message.contains("--json"), "\(json): \(message)")
      #expect(message.contains("would replace a file of the run"), "\(json): \(message)")
    }
    #expect(!files.fileExists(atPath: folder.appending(path: "new").path))
    #expect(
      try files.contentsOfDirectory(atPath: folder.appending(path: "elsewhere/old").path) == [])
    for json in ["new/results.json", "report.json"] {
      let (status, message) = try run("new", json: json)
      #expect(status == 0, "\(message)")
      #expect(files.fileExists(atPath: folder.appending(path: json).path))
    }
    let weights = folder.appending(path: "new/weights.safetensors")
    let before = try Data(contentsOf: weights)
    let (status, message) = try run(
      "new", json: "new/weights.safetensors", ["--evaluate", weights.path])
    #expect(status == 64 && message.contains("--json"), "\(message)")
    #expect(try Data(contentsOf: weights) == before)
    let link = folder.appending(path: "best")
    try files.createSymbolicLink(at: link, withDestinationURL: weights)
    for json in ["best", "new/weights.safetensors", "link/../new/weights.safetensors"] {
      let (status, message) = try run("new", json: json, ["--evaluate", link.path])
      #expect(status == 64 && message.contains("--json"), "\(json): \(message)")
      #expect(try Data(contentsOf: weights) == before)
    }
    #expect(try files.destinationOfSymbolicLink(atPath: link.path) == weights.path)
  }

  @Test func unsuitableOptionsLeaveNoFolder() throws {
    for (options, part) in [
      (["--augment", "crop=28"], "--augment crop=28: "),
      (["--validation-split", "0.9999"], "--validation-split: "),
      (["--dropout", "0.5"], "--model mlp does not use --dropout"),
    ] {
      let (status, message) = try run("new", options)
      #expect(status == 64 && message.contains(part), "\(options): \(message)")
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "new").path))
    }
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
