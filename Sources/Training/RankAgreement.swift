internal import FoundationEssentials
internal import PinionData
internal import PinionTensor

/// What all ranks of a job must have in common for equal bits, compared before training.
struct RankAgreement: Codable {
  /// The run's settings.
  var configuration: RunConfiguration
  /// Everything else, by name.
  var values: [String: String]

  init(_ run: FitRun, configuration: RunConfiguration) throws {
    self.configuration = configuration
    values = [
      "OpenBLAS": "\(BLAS.version), core \(BLAS.core)",
      "program": Self.programChecksum,
      "weights": run.model.weightsChecksum,
      "training data": try Self.checksum(of: run.loader.dataset),
      "validation data": try run.validation.map { try Self.checksum(of: $0) } ?? "none",
      "epochs": "\(run.epochs)",
      "checkpoint to resume from": run.resumableCheckpoint,
    ]
  }

  /// Samples of which the checksum of a data set is computed.
  private static let samples = 16

  /// The number of samples, and a checksum of some of them.
  private static func checksum(of dataset: any Dataset) throws -> String {
    let count = min(samples, dataset.count)
    let loader = try BatchLoader(dataset, batchSize: count, onReadFailure: .skip(limit: .max))
    try loader.startEpoch(
      order: (0..<count).map { $0 * dataset.count / count }, epoch: nil, isContinued: true)
    var sum = Checksum()
    if let batch = try loader.next() {
      for view in batch.inputs + batch.targets { sum.add(view) }
    }
    return "\(dataset.count) samples, CRC-32 \(sum.text)"
  }

  /// A checksum of the executable, in which Pinion is linked.
  private static var programChecksum: String {
    guard let reader = try? FileReader(URL(fileURLWithPath: "/proc/self/exe")) else {
      return "unknown"
    }
    var sum = Checksum()
    for start in stride(from: 0, to: reader.size, by: 1 << 20) {
      let piece = try? reader.bytes(start..<min(reader.size, start + 1 << 20), place: "contents")
      sum.add(piece ?? [])
    }
    return "\(reader.size) bytes, CRC-32 \(sum.text)"
  }

  /// Throws ``TrainingError/argument(_:expected:found:)`` on all ranks if one differs from the
  /// first, with what differs.
  func check(among communicator: any Communicator) throws {
    let all = communicator.gather(Array(try CheckpointCoding.encode(self)))
    let first = try JSONDecoder().decode(RankAgreement.self, from: Data(all[0]))
    for (rank, bytes) in all.enumerated().dropFirst() where bytes != all[0] {
      let other = try JSONDecoder().decode(RankAgreement.self, from: Data(bytes))
      var (expected, found): ([String], [String]) = ([], [])
      if let difference = first.configuration.difference(from: other.configuration) {
        expected.append(difference.own)
        found.append(difference.other)
      }
      for name in first.values.keys.sorted() where first.values[name] != other.values[name] {
        expected.append("\(name): \(first.values[name] ?? "")")
        found.append("\(name): \(other.values[name] ?? "")")
      }
      guard !expected.isEmpty else { continue }
      throw TrainingError.argument(
        "rank \(rank)", expected: "as rank 0, " + expected.joined(separator: "; "),
        found: found.joined(separator: "; "))
    }
  }
}

extension Model {
  fileprivate var weightsChecksum: String {
    var sum = Checksum()
    sum.add(weights.trainable)
    sum.add(weights.nonTrainable)
    return "CRC-32 \(sum.text)"
  }
}

extension FitRun {
  /// The checkpoint that the run would resume from.
  fileprivate var resumableCheckpoint: String {
    guard let checkpointing, checkpointing.resumes,
      let reader = try? FileReader(checkpointing.file)
    else { return "none" }
    var sum = Checksum()
    for start in stride(from: 0, to: reader.size, by: 1 << 20) {
      let piece = try? reader.bytes(start..<min(reader.size, start + 1 << 20), place: "contents")
      sum.add(piece ?? [])
    }
    return "\(reader.size) bytes, CRC-32 \(sum.text)"
  }

  /// Throws on all ranks if one of them differs.
  func requireAgreement(_ configuration: RunConfiguration) throws {
    guard let communicator = model.communicator else { return }
    try RankAgreement(self, configuration: configuration).check(among: communicator)
  }

  /// Ends training on all ranks after the same batch or epoch if it is to end on one.
  func agreeOnStop() {
    guard let communicator = model.communicator else { return }
    let request = communicator.maximum((isInterrupted ? 2 : 0) + (stopRequested ? 1 : 0))
    if request >= 2 { interrupt() }
    if request & 1 != 0 { stopRequested = true }
  }
}
