import Foundation
import Pinion
import Testing

/// Several batches whose gradients are accumulated, against one batch of all their samples.
@Suite struct GradientAccumulationTests {
  /// A linear network on whole numbers and weights in eighths: no sum rounds, in any order.
  private func exactModel(_ optimizer: some Optimizer) throws -> (Model, ArrayDataset) {
    let model = try Model(
      Sequential(input: [3]) { Dense(4) }, optimizer: optimizer, loss: .meanSquaredError,
      threads: 2)
    for i in model.weights.trainable.indices {
      model.weights.trainable[i] = Float((5 * i) % 7 - 3) / 8
    }
    func whole(_ count: Int, from least: Int, below end: Int) -> [Float] {
      (0..<count).map { i in
        let place = (i * i + i / 3) % (end - least)
        return Float(least + place)
      }
    }
    let (inputs, targets) = (whole(48, from: -2, below: 3), whole(64, from: -1, below: 3))
    return (
      model,
      try ArrayDataset(inputs: inputs, inputShape: [3], targets: targets, targetShape: [4])
    )
  }

  @Test(arguments: [2, 4, 8, 16]) func bitsAreThoseOfTheLargerBatch(steps: Int) throws {
    let (whole, data) = try exactModel(SGD(learningRate: 0.25))
    let before = whole.bits
    try whole.fit(data, batchSize: 16, shuffle: false, verbose: false)
    let (parts, _) = try exactModel(GradientAccumulation(SGD(learningRate: 0.25), steps: steps))
    try parts.fit(data, batchSize: 16 / steps, shuffle: false, verbose: false)
    #expect(parts.bits == whole.bits)
    #expect(parts.bits != before)
  }

  /// Other networks differ by the roundings of sums in another order.
  @Test func weightsAreThoseOfTheLargerBatchUpToRounding() throws {
    func train(_ optimizer: some Optimizer, batchSize: Int) throws -> [Float] {
      let model = try Model(
        Sequential(input: [7, 7, 1]) {
          Conv2D(4, kernel: 3, padding: .same, activation: .gelu)
          LayerNormalization()
          Flatten()
          Dense(3, activation: .softmax)
        }, optimizer: optimizer, seed: 3, threads: 2)
      try model.fit(
        Samples.images(48), epochs: 2, batchSize: batchSize, shuffle: false, verbose: false)
      return model.weights.trainable.array
    }
    let sgd = SGD(learningRate: 0.1, momentum: 0.9)
    let whole = try train(sgd, batchSize: 24)
    let parts = try train(GradientAccumulation(sgd, steps: 3), batchSize: 8)
    let largest = whole.reduce(0) { max($0, abs($1)) }
    #expect(zip(parts, whole).allSatisfy { abs($0 - $1) <= 1e-6 * largest })
  }
}
