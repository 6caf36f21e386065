internal import ArgumentParser
internal import Foundation
internal import Pinion
internal import PinionDistributed
internal import PinionTensor

/// Training on one rank or several.
extension Experiment {
  /// Trains with the first rank, which has printed and written everything when this returns.
  func runAsFurtherRank() throws {
    let (training, validation, _) = try prepared()
    let model = try makeModel(samples: training.count)
    let result = try fit(model, training, validation, Digest.sha256(of: files))
    if let status = result.status { throw ExitCode(status) }
  }

  /// Trains a model. The status is that of a process that a signal interrupted, on any rank.
  func fit(
    _ model: Model, _ training: any Dataset, _ validation: (any Dataset)?, _ digest: String
  ) throws -> (history: History, stopping: EarlyStopping?, meter: RateMeter, status: Int32?) {
    if let ranks { try model.distribute(over: ranks) }
    let stopping = validation.map { _ in
      EarlyStopping(patience: recipe.patience, restoreBestWeights: true)
    }
    let interruption = InterruptionWatch()
    let meter = RateMeter()
    let history = try model.fit(
      training, validation: validation, epochs: recipe.epochs, batchSize: recipe.batchSize,
      callbacks: [meter, interruption] + (stopping.map { [$0] } ?? [])
        + [CSVLogger(folder.appendingPathComponent(FileName.history))],
      checkpointing: Checkpointing(
        to: folder.appendingPathComponent(FileName.checkpoint),
        every: options.checkpointEvery.map { .batches($0) } ?? .epochs(1),
        resumes: options.resume, settings: checkedSettings(digest)))
    var status = interruption.exitStatus
    if let ranks {
      let largest = ranks.maximum(Int(status ?? 0))
      status = largest == 0 ? nil : Int32(largest)
    }
    return (history, stopping, meter, status)
  }

  /// Discards what this process prints: what the first rank prints is the job's output.
  static func discardOutput() {
    let null = open("/dev/null", O_WRONLY)
    guard null >= 0 else { return }
    dup2(null, STDOUT_FILENO)
    close(null)
  }
}
