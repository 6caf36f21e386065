import Pinion
import PinionDistributed
import Testing

/// The code of Documentation/Distributed.md, in a process that no launcher of MPI has started.
@Suite struct DistributedGuideTests {
  @Test func oneProcessIsTheOnlyRank() throws {
    let training = try ArrayDataset(
      inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0], classes: 2)
    let model = try Model(Sequential(input: [2]) { Dense(2, activation: .softmax) })

    let ranks = try MPICommunicator.start(timeout: .seconds(120))
    try model.distribute(over: ranks)
    try model.fit(training, epochs: 10, batchSize: 512)
    ranks.end()

    #expect(ranks.size == 1)
    #expect(model.steps == 10)
  }
}
