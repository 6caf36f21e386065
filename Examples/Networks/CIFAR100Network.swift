public import ArgumentParser
public import Pinion

/// The report's network for CIFAR-100. Layers and sizes are the report's; dropout rates and the
/// slope of LeakyReLU, which it does not state, are chosen here.
public enum CIFAR100Network: String, ExpressibleByArgument, CaseIterable {
  /// The report author's own architecture, with batch normalization and dropout.
  case personal

  /// The display name.
  public var title: String {
    switch self {
    case .personal: "Personal network"
    }
  }

  /// The layers. Batch normalization has one set of statistics per image row: axis 1 of (batch,
  /// height, width, channels).
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
