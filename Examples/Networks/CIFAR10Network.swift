public import ArgumentParser
public import Pinion

/// The report's networks for CIFAR-10. Layers and sizes are the report's; dropout rates and the
/// slope of LeakyReLU, which it does not state, are chosen here.
public enum CIFAR10Network: String, ExpressibleByArgument, CaseIterable {
  /// Fully connected layers.
  case mlp
  /// Convolution and pooling layers.
  case cnn
  /// The report author's own architecture, with batch normalization and dropout.
  case personal

  /// The display name.
  public var title: String {
    switch self {
    case .mlp: "MLP"
    case .cnn: "CNN"
    case .personal: "Personal network"
    }
  }

  private static let input: Shape = [32, 32, 3]

  public var definition: Sequential {
    get throws {
      switch self {
      case .mlp: try ReportNetwork.multilayerPerceptron(input: Self.input)
      case .cnn: try Self.convolutional
      case .personal: try Self.normalized
      }
    }
  }

  private static var convolutional: Sequential {
    get throws {
      try Sequential(input: input) {
        Conv2D(32, kernel: 3, padding: .same, activation: .relu)
        Conv2D(32, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(64, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(128, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(10, activation: .softmax)
      }
    }
  }

  /// Batch normalization has one set of statistics per image row: axis 1 of (batch, height, width,
  /// channels).
  private static var normalized: Sequential {
    get throws {
      let leaky = LeakyReLU(negativeSlope: 0.1)
      return try Sequential(input: input) {
        BatchNormalization(axis: 1)
        Conv2D(32, kernel: 3, padding: .same, activation: leaky)
        BatchNormalization(axis: 1)
        Conv2D(32, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(64, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(64, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(128, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        Flatten()
        BatchNormalization()
        Dense(16, activation: leaky)
        Dropout(0.25)
        Dense(10, activation: .softmax)
      }
    }
  }
}
