import Foundation
import Pinion

/// Small models and data for the tests of training.
enum Toy {
  static let shape: Shape = [6, 6, 1]

  /// Noise images with a bright row (class 0), column (1) or diagonal (2).
  static func images(_ count: Int, seed: UInt64 = 1, encoding: LabelEncoding = .oneHot) throws
    -> ArrayDataset
  {
    let noise = Tensor.uniform(
      in: 0..<0.5, shape: [count, 36], from: RandomStream(seed: seed, purpose: "toy"))
    var inputs = (0..<count).map { noise[$0].elements }
    let labels = (0..<count).map { ($0 * 5 + Int(seed)) % 3 }
    for (image, label) in labels.enumerated() {
      let place = image / 3 % 6
      for i in 0..<6 {
        let pixel = label == 0 ? place * 6 + i : label == 1 ? i * 6 + place : i * 7
        inputs[image][pixel] += 0.5
      }
    }
    return try ArrayDataset(
      inputs: inputs, inputShape: shape, labels: labels, classes: 3, encoding: encoding)
  }

  /// All kinds of layers of the report's personal networks, small.
  static func network() throws -> Sequential {
    try Sequential(input: shape) {
      BatchNormalization(axis: 1)
      Conv2D(5, kernel: 3, padding: .same, activation: .leakyReLU(negativeSlope: 0.1))
      MaxPool2D(padding: .same)
      Dropout(0.25)
      BatchNormalization(axis: 1)
      Conv2D(6, kernel: 2, padding: .same, activation: .relu)
      MaxPool2D(padding: .same)
      Flatten()
      BatchNormalization()
      Dense(8, activation: .tanh)
      Dropout(0.1)
      Dense(3, activation: .softmax)
    }
  }

  static func model(
    optimizer: some Optimizer = Nadam(learningRate: 0.01), seed: UInt64 = 3, threads: Int = 2
  ) throws -> Model {
    try Model(
      network(), optimizer: optimizer, loss: .categoricalCrossEntropy, seed: seed,
      threads: threads)
  }

  /// Whether there is no NaN and no infinity.
  static func areFinite(_ values: [Float]) -> Bool { values.allSatisfy(\.isFinite) }

  /// A folder that is removed when `body` is done.
  static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
