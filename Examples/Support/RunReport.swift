internal import ArgumentParser
package import Foundation
internal import Glibc
internal import Pinion
internal import PinionDigest
package import PinionTensor

/// Results that are written as JSON.
package protocol ResultsFile: Encodable {}

extension ResultsFile {
  /// Writes the file atomically.
  package func write(to file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    try AtomicFile.write(try encoder.encode(self) + Data("\n".utf8), to: file)
  }
}

extension Experiment {
  /// The names of files in the folder of a run.
  enum FileName {
    static let weights = "weights.safetensors"
    static let checkpoint = "checkpoint.safetensors"
    static let history = "history.csv"

    /// Whether a run writes a file of the name: one of these, a lock, or one of its report, which
    /// are a page, drawings, images, and their data.
    static func isOfRun(_ name: String) -> Bool {
      [weights, checkpoint, history, "report.json"].contains(name)
        || [".lock", ".html", ".svg", ".png"].contains { name.hasSuffix($0) }
    }
  }

  /// Throws `ValidationError` if the file of `--json` is one in `folder` whose name is taken. The
  /// folder need not exist.
  func validateJSON(in folder: URL, _ isTaken: (_ name: String) -> Bool) throws {
    guard let path = options.json else { return }
    let file = URL(fileURLWithPath: path)
    guard isTaken(file.lastPathComponent),
      Self.resolved(file.deletingLastPathComponent()) == Self.resolved(folder)
    else { return }
    throw ValidationError("--json \(path) would replace a file of the run.")
  }

  /// The path of a folder without links, also of one that does not exist yet.
  private static func resolved(_ folder: URL) -> String {
    let folder = folder.standardizedFileURL
    guard !Folder.exists(folder.path), folder.path != "/" else {
      return folder.resolvingSymlinksInPath().path
    }
    return resolved(folder.deletingLastPathComponent()) + "/" + folder.lastPathComponent
  }
}

/// The results of an experiment.
struct RunReport: ResultsFile {
  struct Parameters: Encodable { let total, trainable, nonTrainable: Int }

  struct Curves: Encodable {
    let loss, accuracy, val_loss, val_accuracy: [Double]

    init(_ history: History) {
      loss = history["loss"]
      accuracy = history["accuracy"]
      val_loss = history["val_loss"]
      val_accuracy = history["val_accuracy"]
    }
  }

  struct Test: Encodable {
    let loss, accuracy: Double

    init(_ evaluation: Evaluation) {
      loss = evaluation.loss
      accuracy = evaluation.accuracy ?? .nan
    }
  }

  let dataset: String
  /// Of the concatenated files of the data set.
  let datasetSHA256: String
  let model: String
  let parameters: Parameters
  /// The recipe: optimizer, rate, schedule and so on.
  let settings: [String: String]
  let isStandardized: Bool
  let epochsRun: Int
  /// The one-based epoch whose weights were kept.
  let bestEpoch: Int?
  let history: Curves
  let test: Test
  /// Throughput of training steps, without validation.
  let trainImagesPerSecond: Double
  /// The duration of training with its validation.
  let trainSeconds: Double
  let seed: UInt64
  /// Of each rank.
  let threads: Int
  /// Nil without `--distributed`.
  let ranks: Int?
  let provenance: RunProvenance
  let peakMemoryBytes: Int
  /// Of the trainable parameters in memory order.
  let weightsSHA256: String
}

/// SHA-256 digests in hexadecimal, by libcrypto.
package enum Digest {
  /// The digest of concatenated files.
  package static func sha256(of files: [URL]) throws -> String {
    let digest = try MessageDigest(.sha256)
    for file in files {
      let reader = try FileReader(file)
      for start in stride(from: 0, to: reader.size, by: 1 << 20) {
        let bytes = try reader.bytes(
          start..<min(start + 1 << 20, reader.size), place: "the contents")
        try bytes.withUnsafeBytes { try digest.update($0) }
      }
    }
    return try digest.hexadecimal()
  }

  /// The digest of floats in little-endian byte order, that of all supported machines.
  package static func sha256(of numbers: MemoryView<Float>) throws -> String {
    let digest = try MessageDigest(.sha256)
    try digest.update(
      UnsafeRawBufferPointer(
        start: numbers.base, count: numbers.count * MemoryLayout<Float>.stride))
    return try digest.hexadecimal()
  }
}

/// The peak memory of the process.
package enum PeakMemory {
  /// The peak resident set size in bytes; Linux reports KiB.
  package static var bytes: Int {
    var usage = rusage()
    guard getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1_024
  }
}
