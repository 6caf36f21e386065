public import ArgumentParser
public import Pinion

/// The report's networks for Fashion-MNIST. Layers and sizes are the report's; what it does not state (dropout rates, the leaky slope) is chosen here.
public enum FashionMNISTNetwork: String, ExpressibleByArgument, CaseIterable {
  /// Fully connected layers.
  case mlp
  /// Convolutions and poolings.
  case cnn
  /// The network of the report's author, with normalisation and dropout.
  case personal

  /// The network's name in titles.
  public var title: String {
    switch self {
    case .mlp: "MLP"
    case .cnn: "CNN"
    case .personal: "Personal network"
    }
  }

  private static let input: Shape = [28, 28, 1]

  /// The network's layers. Throws what the graph does, were they not to fit.
  public var definition: Sequential {
    get throws {
      switch self {
      case .mlp: try Self.multilayerPerceptron
      case .cnn: try Self.convolutional
      case .personal: try Self.normalized
      }
    }
  }

  private static var multilayerPerceptron: Sequential {
    get throws {
      try Sequential(input: input) {
        Flatten()
        Dense(32, activation: .relu)
        Dense(64, activation: .relu)
        Dense(128, activation: .relu)
        Dense(256, activation: .relu)
        Dense(10, activation: .softmax)
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
        Flatten()
        Dense(10, activation: .softmax)
      }
    }
  }

  /// Its normalisations take statistics for each row of the images: axis 1 of (batch, height, width, channels).
  private static var normalized: Sequential {
    get throws {
      let leaky = LeakyReLU(negativeSlope: 0.1)
      return try Sequential(input: input) {
        BatchNormalization(axis: 1)
        Conv2D(32, kernel: 3, padding: .same, activation: leaky)
        BatchNormalization(axis: 1)
        Conv2D(64, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(64, kernel: 2, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(64, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D(padding: .same)
        Dropout(0.25)
        Flatten()
        BatchNormalization()
        Dense(32, activation: leaky)
        Dropout(0.25)
        Dense(10, activation: .softmax)
      }
    }
  }
}
