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
