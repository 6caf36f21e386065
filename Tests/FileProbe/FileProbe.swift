import Foundation
import Glibc
import Pinion
import PinionTestSupport

/// Reads one file of a given kind and prints a line: `read` or `refused`, the peak memory used for
/// reading in bytes, the CPU time in seconds, and the error. A separate process, because the peak
/// memory of a process never decreases.
@main
struct FileProbe {
  /// Readers by kind of file.
  static let readers: [String: @Sendable (URL) throws -> Void] = [
    "idx": { _ = try IDXArray(contentsOf: $0, rank: 3) },
    // A folder's two files, so that what labels take shows.
    "labels": { url in
      let folder = url.deletingLastPathComponent()
      _ = try ImageDataset(
        idxImages: folder.appending(path: "images"), idxLabels: folder.appending(path: "labels"),
        classNames: (0..<10).map { "\($0)" })
    },
    "cifar10": { _ = try CIFAR10.load(from: $0) },
    "safetensors": { url in
      let file = try SafeTensorsFile(contentsOf: url)
      for entry in file.entries { _ = try? file.elements(of: entry.name) }
    },
    "configuration": { url in _ = try Graph(configuration: Data(contentsOf: url)) },
    "model": { _ = try Model(contentsOf: $0, threads: 1) },
    "predictor": { _ = try Predictor(contentsOf: $0, threads: 1) },
    "checkpoint": { url in try ProbedRun.train(checkpoint: url) },
    "history": { url in
      try ProbedRun.train(logger: CSVLogger(url, append: true))
    },
    "report": { url in _ = try RunSummary(readingFrom: url.deletingLastPathComponent()) },
  ]

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let reader = readers[arguments[1]] else {
      print("usage: file-probe \(readers.keys.sorted().joined(separator: "|")) FILE")
      exit(2)
    }
    // Excludes the costs of first use of the library.
    try ProbedRun.train()
    let usage = try ProcessUsage()
    var outcome = "read"
    var message = ""
    do {
      try reader(URL(filePath: arguments[2]))
    } catch {
      outcome = "refused"
      message = String("\(error)".prefix(500)).replacing("\n", with: " ")
    }
    print(outcome, try usage.peakBytes, usage.seconds, message)
  }
}

/// The small run to which checkpoints and logs belong.
enum ProbedRun {
  static func train(checkpoint: URL? = nil, logger: CSVLogger? = nil) throws {
    let data = try ArrayDataset(
      inputs: [0, 1, 0, 1], inputShape: [1], targets: [0, 1, 0, 1], targetShape: [1])
    let model = try Model(
      Sequential(input: [1]) { Dense(1) }, optimizer: SGD(), loss: .meanSquaredError, threads: 1)
    try model.fit(
      data, epochs: 2, batchSize: 2, callbacks: logger.map { [$0] } ?? [],
      checkpointing: checkpoint.map { Checkpointing(to: $0, resumes: true) }, verbose: false)
  }
}
