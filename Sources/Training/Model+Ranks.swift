internal import FoundationEssentials
internal import PinionData
internal import PinionLayers
public import PinionTensor

/// Training over the ranks of a job, with the bits of one process.
extension Model {
  /// Shares the batches of `fit` and `evaluate` among the ranks of a job, such as the processes
  /// that `mpirun` starts (`PinionDistributed`).
  ///
  /// ```swift
  /// let ranks = try MPICommunicator.start()
  /// try model.distribute(over: ranks)
  /// try model.fit(training, validation: validation, epochs: 10, batchSize: 512)
  /// ranks.end()
  /// ```
  ///
  /// All ranks make the same calls with the same arguments; `batchSize` is that of all ranks
  /// together. Each rank reads and computes its part of a batch, and all end each step with equal
  /// weights, those of a single process. `fit`, `evaluate`, `trainOnBatch` and `gradients` must be
  /// called on every rank; `predict` runs on the rank that calls it. The first rank writes
  /// checkpoints, files of callbacks that are ``Callback/runsOnFirstRankOnly`` and progress.
  ///
  /// A batch is shared among as many ranks as the smallest number of its lanes allows (16 lanes, or
  /// one for 32 samples, fewer for small batches and for layers that are slow on few samples). Of a
  /// smaller batch, such as the last one of an epoch, several ranks compute the same part.
  ///
  /// Throws ``TrainingError/argument(_:expected:found:)`` unless the number of ranks is a power of
  /// two.
  public func distribute(over communicator: any Communicator) throws {
    let size = communicator.size
    guard size > 0, size & (size - 1) == 0 else {
      throw TrainingError.argument(
        "the number of ranks", expected: "a power of two", found: "\(size)")
    }
    self.communicator = size > 1 ? communicator : nil
    rankCounts = [:]
    workspaces.forgetRanks()
  }

  /// Whether this rank writes files and progress.
  package var isFirstRank: Bool { communicator.map { $0.rank == 0 } ?? true }

  /// The ranks that share a batch of a size with this one; nil if it computes all of it.
  func ranks(forBatch batch: Int) -> RankGroup? {
    guard let communicator else { return nil }
    let count: Int
    if let known = rankCounts[batch] {
      count = known
    } else {
      let limit =
        [
          request(mode: .training, batch: batch, isBackward: true), request(batch: batch),
        ].map { Plan(graph: graph, request: $0).rankLimit }.min() ?? 1
      count = min(communicator.size, limit)
      rankCounts[batch] = count
    }
    return count > 1 ? RankGroup(communicator, count: count) : nil
  }

  /// The rows of a batch that this rank reads.
  package func ownRows(ofBatch batch: Int) -> Range<Int> {
    guard let ranks = ranks(forBatch: batch) else { return 0..<batch }
    return ranks.index * batch / ranks.count..<(ranks.index + 1) * batch / ranks.count
  }

  /// Throws unless a full batch has lanes for all ranks.
  func requireLanes(batchSize: Int, samples: Int) throws(TrainingError) {
    guard let communicator else { return }
    let count = ranks(forBatch: min(batchSize, samples))?.count ?? 1
    guard count < communicator.size else { return }
    throw .argument(
      "the number of ranks",
      expected: "at most \(count), as many as a batch of \(min(batchSize, samples)) samples has "
        + "lanes in this network",
      found: "\(communicator.size)")
  }
}

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
