import Foundation
import Pinion
import Testing

@testable import ExampleSupport

@Suite final class RateMeterTests {
  /// A fake clock, advanced by a callback before the meter: each batch takes one second, each
  /// validation five.
  private final class Clock: Callback {
    var now = ContinuousClock.now
    /// The one-based batch after which training is interrupted, or fails.
    var interruption: Int?
    var failure: Int?
    private var batches = 0

    func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {
      now += .seconds(1)
      batches += 1
      if batches == interruption { run.interrupt() }
      if batches == failure { throw CocoaError(.userCancelled) }
    }

    func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) { now += .seconds(5) }
  }

  private let file = FileManager.default.temporaryDirectory
    .appending(path: "pinion-\(UUID().uuidString).safetensors")

  deinit { try? FileManager.default.removeItem(at: file) }

  /// Trains for three epochs on ten samples in batches of four.
  private func train(_ clock: Clock, resumes: Bool = false) throws -> RateMeter {
    let data = try ArrayDataset(
      inputs: Tensor(repeating: 0, shape: [10, 2]), labels: [Int](repeating: 0, count: 10),
      classes: 2)
    let model = try Model(Sequential(input: [2]) { Dense(2, activation: .softmax) }, threads: 1)
    let meter = RateMeter { clock.now }
    try model.fit(
      data, epochs: 3, batchSize: 4, callbacks: [clock, meter],
      checkpointing: Checkpointing(to: file, every: .batches(1), resumes: resumes), verbose: false)
    return meter
  }

  @Test func measuresUninterruptedRun() throws {
    let meter = try train(Clock())
    #expect(meter.seconds == 3 * (3 + 5))
    #expect(meter.imagesPerSecond == 30 / 9.0)
  }

  /// Within an epoch, after its last batch, and after the last epoch.
  @Test(arguments: [1, 4, 5, 6, 9]) func sumsSessionsOfInterruptedRun(batch: Int) throws {
    let clock = Clock()
    clock.interruption = batch
    let first = try train(clock)
    #expect(first.seconds == Double(batch + batch / 3 * 5))
    clock.now += .seconds(1_000)
    let second = try train(clock, resumes: true)
    #expect(second.seconds == 3 * (3 + 5))
    #expect(second.imagesPerSecond == 30 / 9.0)
  }

  @Test func repeatedWorkCountsOnce() throws {
    let clock = Clock()
    clock.failure = 5
    #expect(throws: CocoaError.self) { try self.train(clock) }
    let second = try train(clock, resumes: true)
    #expect(second.seconds == 3 * (3 + 5))
    #expect(second.imagesPerSecond == 30 / 9.0)
  }
}
