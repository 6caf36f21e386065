internal import FoundationEssentials
internal import PinionData
internal import PinionTensor

extension FitRun {
  func writeCheckpoint(to file: URL) throws {
    try state.save(to: CheckpointFile(url: file), configuration: configuration())
  }

  func readCheckpoint() throws -> SavedTraining? {
    guard let checkpointing, checkpointing.resumes else { return nil }
    let file = CheckpointFile(url: checkpointing.file)
    guard file.exists else { return nil }
    let limit = if case .skip(let limit) = loader.readFailurePolicy { limit } else { 0 }
    return try state.read(
      file, configuration: configuration(), batchesPerEpoch: batchesPerEpoch, skipLimit: limit,
      validationSamples: validation?.count ?? 0)
  }

  private func configuration() throws -> RunConfiguration {
    var settings = checkpointing?.settings ?? [:]
    if let names = loader.dataset.classNames, settings["class names"] == nil {
      settings["class names"] = String(decoding: try CheckpointCoding.encode(names), as: UTF8.self)
    }
    if let classFactors { settings["class weights"] = classFactors.description }
    return try RunConfiguration(
      model: model, callbacks: state.callbacks, batchSize: batchSize,
      samples: loader.dataset.count, shuffle: shuffle, schedule: schedule, settings: settings)
  }
}
