public import ArgumentParser
public import Pinion

/// The report's network for CIFAR-100. Layers and sizes are the report's; what it does not state (dropout
/// rates, the leaky slope) is chosen here.
public enum CIFAR100Network: String, ExpressibleByArgument, CaseIterable {
  /// The network of the report's author, with normalisation and dropout.
  case personal

  /// The network's name in titles.
  public var title: String {
    switch self {
    case .personal: "Personal network"
    }
  }

  /// The network's layers. Throws what the graph does, were they not to fit.
  ///
  /// Its normalisations take statistics for each row of the images: axis 1 of (batch, height, width,
  /// channels).
  public var definition: Sequential {
    get throws {
      let leaky = LeakyReLU(negativeSlope: 0.1)
      return try Sequential(input: [32, 32, 3]) {
        BatchNormalization(axis: 1)
        Conv2D(32, kernel: 3, padding: .same, activation: leaky)
        BatchNormalization(axis: 1)
        Conv2D(64, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(128, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(128, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(256, kernel: 3, padding: .same, activation: leaky)
        MaxPool2D()
        Dropout(0.25)
        Flatten()
        BatchNormalization()
        Dense(128, activation: leaky)
        Dropout(0.25)
        Dense(100, activation: .softmax)
      }
    }
  }
}
