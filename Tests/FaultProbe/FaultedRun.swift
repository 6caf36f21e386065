import FileFaults
import Foundation
import Pinion

/// A small training that writes what trainings write: checkpoints within epochs, weights, a log and
/// a report.
struct FaultedRun {
  let folder: URL

  private var checkpoint: URL { folder.appending(path: "checkpoint") }

  /// Trains, from the checkpoint if there is one. Returns the last weights.
  func train() throws -> [UInt32] {
    let data = try ArrayDataset(
      inputs: (0..<12).map { Float($0 % 5) / 4 }, inputShape: [2], targets: [0, 1, 0, 1, 1, 0],
      targetShape: [1])
    let model = try Model(
      Sequential(input: [2]) {
        Dense(3, activation: .tanh)
        Dense(2, activation: .softmax)
      }, optimizer: Adam(), loss: .sparseCategoricalCrossEntropy, metrics: [Accuracy()], seed: 1,
      threads: 1)
    let history = try model.fit(
      data, validation: data, epochs: 2, batchSize: 2,
      callbacks: [
        CSVLogger(folder.appending(path: "history.csv")),
        ModelCheckpoint(folder.path + "/weights/{epoch}.safetensors"),
      ], checkpointing: Checkpointing(to: checkpoint, every: .batches(1), resumes: true),
      verbose: false)
    try model.saveWeights(to: folder.appending(path: "last.safetensors"))
    let report = ExperimentReport(
      title: "A run", dataset: "data", network: "small", graph: model.graph, history: history)
    try report.write(to: folder.appending(path: "report"))
    let trainable = model.weights.trainable
    return (0..<trainable.count).map { trainable[$0].bitPattern }
  }

  /// The contents of all files by relative path, except of locks, which name the process.
  func files() -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    for path in paths ?? [] {
      var isFolder: ObjCBool = false
      let full = folder.appending(path: path).path
      guard !path.hasSuffix(".lock"),
        FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isFolder.boolValue,
        let data = FileManager.default.contents(atPath: full)
      else { continue }
      files[path] = [UInt8](data)
    }
    return files
  }

  /// Leaves only these files in the folder.
  func fill(with files: [String: [UInt8]]) throws {
    fault_watch("")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (path, bytes) in files {
      let url = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
  }

  func clear() throws { try fill(with: [:]) }
}
