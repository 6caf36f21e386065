import Pinion
import Synchronization
import Testing

@Suite struct CallbackLogsTests {
  /// The number of samples; counts how often it is computed, and refuses samples beyond a limit.
  private struct Samplings: Metric {
    struct Refusal: Error {}

    static let computed = Mutex(0)
    var limit = Int.max
    private var samples = 0

    init(limit: Int = .max) { self.limit = limit }

    var name: String { "samplings" }
    var higherIsBetter: Bool { true }

    var value: Double {
      Self.computed.withLock { $0 += 1 }
      return Double(samples)
    }

    mutating func reset() { samples = 0 }

    mutating func add(
      predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
    ) throws {
      guard samples + count <= limit else { throw Refusal() }
      samples += count
    }
  }

  /// Metrics that take long, such as an exact area under a curve, are computed after a batch only
  /// if they are read.
  @Test func metricsAreComputedWhenTheyAreRead() throws {
    func fit(_ metric: Samplings, batchSize: Int, _ callbacks: [any Callback] = []) throws {
      try Model(Samples.line(), loss: .meanSquaredError, metrics: [metric], threads: 1).fit(
        Samples.indices(60), batchSize: batchSize, callbacks: callbacks, verbose: false)
    }
    let before = Samplings.computed.withLock { $0 }
    try fit(Samplings(), batchSize: 2)
    #expect(Samplings.computed.withLock { $0 } - before <= 2)
    // Kept logs have the values of their batch.
    var seen: [Logs] = []
    let witness = ClosureCallback(
      batchDidEnd: { _, logs, _ in seen.append(logs) },
      trainingDidEnd: { logs, _ in seen.append(logs) })
    try fit(Samplings(), batchSize: 20, [witness])
    #expect(seen.map { $0["samplings"] } == [20, 40, 60, 60])
    // After an error as well.
    seen = []
    #expect(throws: Samplings.Refusal.self) {
      try fit(Samplings(limit: 40), batchSize: 20, [witness])
    }
    #expect(seen.map { $0["samplings"] } == [20, 40, 40])
    #expect(seen.map(\.names) == Array(repeating: ["loss", "samplings"], count: 3))
  }

  @Test func namesAreListedAlphabetically() {
    var logs: Logs = ["val_loss": 3, "loss": 2, "accuracy": 1]
    logs["learning_rate"] = 4
    #expect(logs.names == ["accuracy", "learning_rate", "loss", "val_loss"])
    #expect(logs.map(\.value) == [1, 4, 2, 3])
  }

  @Test func aNameHasOneValue() {
    var logs: Logs = ["loss": 1, "loss": 2]
    #expect(logs["loss"] == 2)
    #expect(logs.count == 1)
    logs["loss"] = 3
    #expect(logs == ["loss": 3])
  }

  @Test func nilRemovesAValue() {
    var logs: Logs = ["accuracy": 1, "loss": 2]
    logs["accuracy"] = nil
    logs["absent"] = nil
    #expect(logs == ["loss": 2])
    #expect(logs["accuracy"] == nil)
  }

  @Test func equalityLooksAtNamesAndValues() {
    #expect((["loss": 1] as Logs) != ["loss": 2])
    #expect((["loss": 1] as Logs) != ["accuracy": 1])
  }
}
