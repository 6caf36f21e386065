import Foundation
import Pinion
import Testing

/// An example is repeatedly killed and resumed; `make test-resume` does so more often.
@Suite(.timeLimit(.minutes(10))) final class KilledTrainingTests {
  private struct Results: Decodable, Equatable {
    let weightsSHA256: String
    let epochsRun: Int
    let history: [String: [Double]]
    let test: [String: Double]
  }

  /// The program, next to the tests' executable.
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "fashion-mnist")

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Garments.write(to: folder)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Starts a run with small settings, results in `output`, and additional options.
  private func start(_ output: String, _ options: [String] = []) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = Self.program
    process.arguments =
      [
        "--data", folder.path, "--output", folder.appending(path: output).path, "--json",
        folder.appending(path: "\(output).json").path, "--model", "mlp", "--epochs", "6",
        "--limit", "600", "--batch-size", "40", "--optimizer", "nadam", "--learning-rate", "0.01",
        "--schedule", "cosine", "--augment", "rotation=10", "--augment", "mixup", "--patience", "2",
        "--checkpoint-every", "1",
      ] + options
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    return (process, errors)
  }

  private func results(_ output: String) throws -> Results {
    try JSONDecoder().decode(
      Results.self, from: Data(contentsOf: folder.appending(path: "\(output).json")))
  }

  private func finish(_ output: String, _ options: [String] = []) throws -> Results {
    let (process, _) = try start(output, options)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try results(output)
  }

  private func modification(of file: URL) -> Date? {
    try? FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
  }

  @Test func killedRunsGiveEqualResults() throws {
    let undisturbed = try finish("undisturbed")
    let checkpoint = folder.appending(path: "killed/checkpoint.safetensors")
    let moments = RandomStream(seed: 1, purpose: "moments of kills")
    var (kills, moment) = (0, 0)
    while kills < 4 {
      let last = modification(of: checkpoint)
      let (process, _) = try start("killed", ["--resume", "--threads", "\(1 + moment % 2)"])
      // Wait for a checkpoint, because most of the short run is its start.
      while process.isRunning, modification(of: checkpoint) == last { usleep(1_000) }
      // At once every other time: on a busy machine, the run may end during any pause.
      let pause = moments.uniform(at: UInt64(moment))[0]
      if moment % 2 == 1 { usleep(UInt32(100_000 * pause)) }
      moment += 1
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal {
        kills += 1
      } else {
        // It was faster than the kill: another begins.
        #expect(process.terminationStatus == 0)
        #expect(try results("killed") == undisturbed)
        try FileManager.default.removeItem(at: folder.appending(path: "killed"))
      }
    }
    #expect(try finish("killed", ["--resume"]) == undisturbed)
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: "killed").path)
    #expect(names.count { $0.hasPrefix(".pinion-") } <= 1)
  }

  @Test func changedOptionsAreRefused() throws {
    let results = try finish("run")
    let options = ["--resume", "--augment", "flip", "--schedule", "linear", "--seed", "3"]
    let (process, errors) = try start("run", options)
    let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    for part in [
      "the seed: 3; --augment: rotation=10, mixup, flip; --schedule: linear, as in this run",
      "the seed: 0; --augment: rotation=10, mixup; --schedule: cosine",
    ] {
      #expect(message.contains(part), "\(message)")
    }
    #expect(try finish("run", ["--resume"]) == results)
  }
}
