import Pinion
import Testing

/// A run of ten training steps in Keras, as `Tests/Fixtures/keras/make_training.py` describes it.
struct KerasTrainingFixture: Decodable, CustomTestStringConvertible {
  struct File: Decodable {
    let runs: [KerasTrainingFixture]
  }

  /// Of a tensor: its sum, its norm, and its projection on a fixed pseudo-random direction,
  /// computed in float64.
  struct Summary: Decodable {
    let name: String
    let shape: [Int]
    let sum64: Double
    let norm64: Double
    let projection64: Double
  }

  let dataset: String
  let network: String
  let optimizer: String
  let learningRate: Double
  let imageStream: Int
  let inputShape: [Int]
  let classes: Int
  let parameterCount: Int
  let firstGradients: [Summary]
  let losses: [Double]
  let losses64: [Double]
  let parameterNorm64: Double
  let tensors: [Summary]
  let states: [Summary]
  let probabilities64: [Double]

  var testDescription: String { "\(dataset) \(network) \(optimizer)" }
}

extension KerasTrainingFixture {
  /// The report's network, with rectifiers everywhere and without dropout.
  func definition() throws -> Sequential {
    try Sequential(input: Shape(inputShape)) {
      try hiddenLayers()
      Dense(classes, activation: .softmax)
    }
  }

  private struct UnknownNetwork: Error { let name: String }

  private func hiddenLayers() throws -> [any Layer] {
    switch (dataset, network) {
    case (_, "mlp"): [Flatten()] + [32, 64, 128, 256].map(dense)
    case ("fashion-mnist", "cnn"):
      [
        convolution(32), convolution(32), MaxPool2D(), convolution(64), MaxPool2D(), Flatten(),
      ]
    case ("cifar10", "cnn"):
      [
        convolution(32), convolution(32), MaxPool2D(), convolution(64), MaxPool2D(),
        convolution(128), MaxPool2D(), Flatten(),
      ]
    case ("fashion-mnist", "personal"):
      [
        rows, convolution(32), rows, convolution(64), MaxPool2D(), rows,
        convolution(64, kernel: 2), MaxPool2D(), rows, convolution(64), MaxPool2D(padding: .same),
      ] + end(32)
    case ("cifar10", "personal"):
      [rows, convolution(32)] + [32, 64, 64, 128].flatMap(stage) + end(16)
    case ("cifar100", "personal"):
      [rows, convolution(32)] + [64, 128, 128, 256].flatMap(stage) + end(128)
    default: throw UnknownNetwork(name: testDescription)
    }
  }

  private var rows: any Layer { BatchNormalization(axis: 1) }

  private func dense(_ units: Int) -> any Layer { Dense(units, activation: .relu) }

  private func convolution(_ filters: Int, kernel: Size2D = 3) -> any Layer {
    Conv2D(filters, kernel: kernel, padding: .same, activation: .relu)
  }

  private func stage(_ filters: Int) -> [any Layer] { [rows, convolution(filters), MaxPool2D()] }

  private func end(_ units: Int) -> [any Layer] { [Flatten(), BatchNormalization(), dense(units)] }
}
