import ExampleNetworks
import Foundation
import Pinion
import Testing

/// The program of the speed run on a few images.
@Suite(.timeLimit(.minutes(10))) final class SpeedrunTests {
  private struct Results: Decodable {
    struct Epoch: Decodable { let loss, accuracy, seconds: Double }
    let trainSeconds, whiteningSeconds: Double
    let stepSeconds: [Double]
    let history: [Epoch]
    let test: [String: Double]
    let images: Int
    let weightsSHA256: String
  }

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var records = Data()
    for index in 0..<64 {
      records.append(UInt8(index % 10))
      for pixel in 0..<3_072 {
        let noise = (index &* 2_654_435_761 &+ pixel &* 40_503) >> 7 & 127
        records.append(UInt8((pixel / (index % 10 + 2) % 2) * 100 + noise))
      }
    }
    // The format requires 10,000 images a file; the others take no place on the disk.
    for name in (1...5).map({ "data_batch_\($0).bin" }) + ["test_batch.bin"] {
      let file = folder.appending(path: name)
      try records.write(to: file)
      let handle = try FileHandle(forWritingTo: file)
      try handle.truncate(atOffset: 10_000 * 3_073)
      try handle.close()
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "cifar10-speedrun")
    process.currentDirectoryURL = folder
    process.arguments = ["--data", folder.path] + arguments
    let file = folder.appending(path: "output")
    try Data().write(to: file)
    let output = try FileHandle(forWritingTo: file)
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: try Data(contentsOf: file), as: UTF8.self))
  }

  @Test func trainsToTheSameBitsOnAnyThreads() throws {
    var digests: Set<String> = []
    for threads in ["1", "3"] {
      let (status, output) = try run(
        ["--limit", "50", "--batch-size", "20", "--epochs", "1.5", "--seed", "7", "--skip-test"]
          + ["--threads", threads, "--json", "results.json"])
      #expect(status == 0, "\(output)")
      let results = try JSONDecoder().decode(
        Results.self, from: Data(contentsOf: folder.appending(path: "results.json")))
      // Two whole batches an epoch, then half of an epoch.
      #expect(results.stepSeconds.count == 3 && results.history.count == 2 && results.images == 50)
      #expect(results.history.allSatisfy { $0.loss.isFinite && (0...1).contains($0.accuracy) })
      #expect(results.trainSeconds >= results.whiteningSeconds + results.stepSeconds.reduce(0, +))
      #expect(results.test.isEmpty)
      #expect(output.contains("Epoch 2, step 3 of 3: loss "))
      digests.insert(results.weightsSHA256)
    }
    #expect(digests.count == 1)
  }

  @Test func badOptionsAreRefused() throws {
    for (arguments, part) in [
      (["--epochs", "0"], "--epochs must be above 0"),
      (["--batch-size", "1"], "--batch-size must be from 2"),
      (["--limit", "100"], "--limit must be at least the batch size"),
      (["--threads", "0"], "--threads must be from 1"),
    ] {
      let (status, output) = try run(arguments)
      #expect(status != 0 && output.contains(part), "\(arguments): \(output)")
    }
  }

  @Test func theNetwork() throws {
    let graph = try SpeedrunNetwork.definition.graph
    #expect(graph.outputShapes == [[10]])
    #expect(try graph.freezing(SpeedrunNetwork.whitening).parameterCounts.trainable == 1_971_328)
  }
}
