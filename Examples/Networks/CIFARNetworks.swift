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
  /// A residual network of about as many parameters as the report's largest for these data.
  case best

  /// The display name.
  public var title: String {
    switch self {
    case .mlp: "MLP"
    case .cnn: "CNN"
    case .personal: "Personal network"
    case .best: "Residual network"
    }
  }

  private static let input: Shape = [32, 32, 3]

  public var graph: Graph { get throws { try graph(for: recipe) } }

  /// The network with the layers' settings of a recipe.
  public func graph(for recipe: Recipe) throws -> Graph {
    switch self {
    case .mlp: try ReportNetwork.multilayerPerceptron(input: Self.input).graph
    case .cnn: try Self.convolutional.graph
    case .personal: try Self.normalized(recipe).graph
    case .best:
      try ResidualNetwork.graph(input: Self.input, classes: 10, widths: [16, 32, 38], blocks: 3)
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

  private static func normalized(_ recipe: Recipe) throws -> Sequential {
    let leaky = LeakyReLU(negativeSlope: 0.1)
    let (axis, rate) = (recipe.normalizationAxis, recipe.dropout)
    return try Sequential(input: input) {
      BatchNormalization(axis: axis)
      Conv2D(32, kernel: 3, padding: .same, activation: leaky)
      BatchNormalization(axis: axis)
      Conv2D(32, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      BatchNormalization(axis: axis)
      Conv2D(64, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      BatchNormalization(axis: axis)
      Conv2D(64, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      BatchNormalization(axis: axis)
      Conv2D(128, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      Flatten()
      BatchNormalization()
      Dense(16, activation: leaky)
      Dropout(recipe.denseDropout)
      Dense(10, activation: .softmax)
    }
  }
}

/// The report's network for CIFAR-100. Layers and sizes are the report's; dropout rates and the
/// slope of LeakyReLU, which it does not state, are chosen here.
public enum CIFAR100Network: String, ExpressibleByArgument, CaseIterable {
  /// The report author's own architecture, with batch normalization and dropout.
  case personal
  /// A residual network of fewer parameters than the report's.
  case best

  /// The display name.
  public var title: String {
    switch self {
    case .personal: "Personal network"
    case .best: "Residual network"
    }
  }

  private static let input: Shape = [32, 32, 3]

  public var graph: Graph { get throws { try graph(for: recipe) } }

  /// The network with the layers' settings of a recipe.
  public func graph(for recipe: Recipe) throws -> Graph {
    switch self {
    case .personal: try Self.normalized(recipe).graph
    case .best:
      try ResidualNetwork.graph(input: Self.input, classes: 100, widths: [24, 48, 96], blocks: 3)
    }
  }

  private static func normalized(_ recipe: Recipe) throws -> Sequential {
    let leaky = LeakyReLU(negativeSlope: 0.1)
    let (axis, rate) = (recipe.normalizationAxis, recipe.dropout)
    return try Sequential(input: input) {
      BatchNormalization(axis: axis)
      Conv2D(32, kernel: 3, padding: .same, activation: leaky)
      BatchNormalization(axis: axis)
      Conv2D(64, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      BatchNormalization(axis: axis)
      Conv2D(128, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      BatchNormalization(axis: axis)
      Conv2D(128, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      BatchNormalization(axis: axis)
      Conv2D(256, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(rate)
      Flatten()
      BatchNormalization()
      Dense(128, activation: leaky)
      Dropout(recipe.denseDropout)
      Dense(100, activation: .softmax)
    }
  }
}
