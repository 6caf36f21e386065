internal import FoundationEssentials
internal import PinionMetrics
internal import PinionTensor

/// A checkpoint as a safetensors file: tensors by name, a ``TrainingRecord`` in the metadata, and a
/// checksum over every byte.
struct CheckpointFile {
  enum Keys {
    static let format = "pinion.checkpoint"
    static let record = "pinion.state"
    static let graph = "pinion.graph"
  }

  /// The version of the format that is written and read.
  static let format = "3"

  /// Versions that were written before, and what distinguishes them.
  private static let earlierFormats = [
    "1": "without a checksum",
    "2": "without the hyperparameters of callbacks and metrics",
  ]

  let url: URL

  var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  func write(_ record: TrainingRecord, tensors: [SafeTensors.Entry]) throws {
    try write(
      tensors,
      metadata: [
        Keys.format: Self.format,
        Keys.graph: record.configuration.graph,
        Keys.record: String(decoding: try CheckpointCoding.encode(record), as: UTF8.self),
      ])
  }

  /// Writes tensors and metadata with their checksum.
  func write(_ tensors: [SafeTensors.Entry], metadata: [String: String]) throws {
    var metadata = metadata
    metadata[ChecksumField.key] = ChecksumField.blank
    try SafeTensors.write(tensors, metadata: metadata, to: url) { header in
      ChecksumField.fill(&header, elements: tensors.map(\.elements))
    }
  }

  /// The record, and the file to read tensors from.
  ///
  /// Throws `FileError` if the file is damaged, malformed or of another format.
  func read() throws -> (record: TrainingRecord, tensors: SafeTensorsFile) {
    let reader = try FileReader(url)
    try ChecksumField.verify(reader)
    let file = try SafeTensorsFile(reader)
    try checkFormat(file)
    let place = "metadata \"\(Keys.record)\""
    guard let text = file.metadata[Keys.record] else {
      throw error(place, "the state of training", "nothing")
    }
    let data = Data(text.utf8)
    try JSONDocument.check(data, file: url.path, place: place)
    do {
      return (try CheckpointCoding.decode(TrainingRecord.self, from: data), file)
    } catch let problem as DecodingError {
      let (field, found) = problem.inWords
      throw error("\(place): \(field)", "the state of training", found)
    }
  }

  private func checkFormat(_ file: SafeTensorsFile) throws {
    guard let format = file.metadata[Keys.format] else {
      throw error("metadata \"\(Keys.format)\"", "a checkpoint's format", "nothing")
    }
    guard format == Self.format else {
      let remark = Self.earlierFormats[format].map {
        ", of an earlier version of Pinion, \($0)"
      }
      throw error("metadata \"\(Keys.format)\"", Self.format, format + (remark ?? ""))
    }
    guard file.metadata[ChecksumField.key] != nil else {
      throw error("metadata \"\(ChecksumField.key)\"", "a checksum", "nothing")
    }
  }

  /// Decodes a metric of the same type and name as another one.
  func metric<Kind: Metric>(like metric: Kind, from data: Data) throws -> any Metric {
    let place = "metric \"\(metric.name)\""
    do {
      let decoded = try CheckpointCoding.decode(Kind.self, from: data)
      guard decoded.name == metric.name else { throw error(place, metric.name, decoded.name) }
      return decoded
    } catch let problem as DecodingError {
      let (field, found) = problem.inWords
      throw error("\(place): \(field)", "a state of this metric", found)
    }
  }

  /// Runs a body that reads the state of a callback; turns its errors about values into a
  /// `FileError` that names the callback.
  func naming(_ callback: any Callback, _ body: () throws -> Void) throws {
    let place = "the state of \(type(of: callback))"
    do {
      try body()
    } catch let problem as DecodingError {
      let (field, found) = problem.inWords
      throw error(
        field.isEmpty ? place : "\(place): \(field)", "a state of this callback", found)
    } catch CallbackError.invalidState(_, let value, let expected, let found) {
      throw error("\(place): \(value)", expected, found)
    }
  }

  func error(_ place: String, _ expected: String, _ found: String) -> FileError {
    FileError(file: url.path, place: place, expected: expected, found: found)
  }
}
