import Foundation
import Pinion
import PinionTestSupport
import Testing

/// Glibc's `malloc_trim`, which the module Glibc lacks: returns free memory to the system.
@_silgen_name("malloc_trim") private func trimHeap(_ kept: Int) -> Int32

/// Memory does not grow with the number of steps, fits and predictions. Each in a process of its
/// own, after as much of it as reaches every size.
@Suite(.timeLimit(.minutes(10))) struct MemoryTests {
  /// What the heap's growth by chance may be.
  private static let slack = 4 << 20

  private static func model() throws -> Model {
    try Model(
      Sequential(input: [6, 6, 1]) {
        Conv2D(2, kernel: 3, activation: .relu)
        Flatten()
        Dense(2, activation: .softmax)
      }, optimizer: Adam(), loss: .sparseCategoricalCrossEntropy, metrics: [Accuracy()], threads: 1)
  }

  private static func data(_ count: Int) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: (0..<count * 36).map { Float($0 % 7) / 7 }, inputShape: [6, 6, 1],
      targets: (0..<count).map { Float($0 % 2) }, targetShape: [1])
  }

  /// The resident memory after what is free was returned.
  private static func residentBytes() throws -> Int {
    _ = trimHeap(0)
    return try ProcessUsage.residentBytes()
  }

  @Test func tenThousandSteps() async {
    await #expect(processExitsWith: .success) {
      let (model, data) = (try Self.model(), try Self.data(40))
      try model.fit(data, epochs: 10, batchSize: 4, verbose: false)
      let before = try Self.residentBytes()
      try model.fit(data, epochs: 1_000, batchSize: 4, verbose: false)
      let growth = try Self.residentBytes() - before
      require(growth < Self.slack, "\(growth) bytes")
    }
  }

  @Test func thousandFits() async {
    await #expect(processExitsWith: .success) {
      let data = try Self.data(8)
      func fit(_ count: Int) throws {
        for _ in 0..<count {
          try Self.model().fit(data, epochs: 1, batchSize: 3, verbose: false)
        }
      }
      try fit(50)
      let before = try Self.residentBytes()
      try fit(1_000)
      let growth = try Self.residentBytes() - before
      require(growth < Self.slack, "\(growth) bytes")
    }
  }

  @Test func hundredThousandPredictions() async {
    await #expect(processExitsWith: .success) {
      let predictor = try Predictor(Self.model().network)
      var generator = RandomStream(seed: 1, purpose: "sizes").generator
      func predict(_ count: Int) throws {
        for _ in 0..<count {
          let size = 1 + generator.next(below: 24)
          _ = try predictor.predict(Tensor.zeros([size, 6, 6, 1]))
        }
      }
      try predict(1_000)
      let before = try Self.residentBytes()
      try predict(100_000)
      let growth = try Self.residentBytes() - before
      require(growth < Self.slack, "\(growth) bytes")
    }
  }
}
