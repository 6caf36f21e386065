package import Foundation
package import Pinion

/// The small run to which checkpoints and logs belong.
package enum SmallRun {
  package static func train(checkpoint: URL? = nil, logger: CSVLogger? = nil) throws {
    let data = try ArrayDataset(
      inputs: [0, 1, 0, 1], inputShape: [1], targets: [0, 1, 0, 1], targetShape: [1])
    let model = try Model(
      Sequential(input: [1]) { Dense(1) }, optimizer: SGD(), loss: .meanSquaredError, threads: 1)
    try model.fit(
      data, epochs: 2, batchSize: 2, callbacks: logger.map { [$0] } ?? [],
      checkpointing: checkpoint.map { Checkpointing(to: $0, resumes: true) }, verbose: false)
  }
}
