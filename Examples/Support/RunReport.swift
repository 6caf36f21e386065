internal import Foundation
internal import Glibc
internal import Pinion
internal import PinionDigest

/// What an experiment found, as JSON.
struct RunReport: Encodable {
  struct Parameters: Encodable { let total, trainable, nonTrainable: Int }
  struct BLASDescription: Encodable { let version, core: String }

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
  /// Of the bytes of the data set's files, one after the other.
  let datasetSHA256: String
  let model: String
  let parameters: Parameters
  let optimizer: String
  let learningRate: Double
  let schedule: String
  /// The random changes of training images, in their order.
  let augmentation: [String]
  let isStandardized: Bool
  let epochsRun: Int
  /// Counted from 1: the epoch whose weights were kept.
  let bestEpoch: Int?
  let history: Curves
  let test: Test
  /// Of the time in training steps, without validation.
  let trainImagesPerSecond: Double
  let seed: UInt64
  let threads: Int
  let blas: BLASDescription
  let peakMemoryBytes: Int
  /// Of the trained parameters' bytes, layer after layer.
  let weightsSHA256: String

  /// Writes the report; the file appears under its name only when complete.
  func write(to file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    try AtomicFile.write(try encoder.encode(self) + Data("\n".utf8), to: file)
  }
}

/// SHA-256 of data, in hexadecimal. Throws where libcrypto refuses.
enum Digest {
  /// Of the bytes of files, one after the other.
  static func sha256(of files: [URL]) throws -> String {
    let digest = try MessageDigest(.sha256)
    for file in files {
      try Data(contentsOf: file, options: .mappedIfSafe).withUnsafeBytes { try digest.update($0) }
    }
    return try digest.hexadecimal()
  }

  /// Of floats as they lie in memory: little-endian on all machines that this runs on.
  static func sha256(of numbers: MemoryView<Float>) throws -> String {
    let digest = try MessageDigest(.sha256)
    try digest.update(
      UnsafeRawBufferPointer(
        start: numbers.base, count: numbers.count * MemoryLayout<Float>.stride))
    return try digest.hexadecimal()
  }
}

/// How much memory the process has used at most.
package enum PeakMemory {
  /// Resident bytes; Linux counts them in KiB.
  package static var bytes: Int {
    var usage = rusage()
    guard getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1_024
  }
}
