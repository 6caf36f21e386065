public import ArgumentParser
public import Pinion

/// One of the report's seven networks, named after its data set.
public enum ReportNetwork: String, ExpressibleByArgument, CaseIterable, Sendable {
  case fashionMNISTMLP = "fashion-mnist-mlp"
  case fashionMNISTCNN = "fashion-mnist-cnn"
  case fashionMNISTPersonal = "fashion-mnist-personal"
  case cifar10MLP = "cifar10-mlp"
  case cifar10CNN = "cifar10-cnn"
  case cifar10Personal = "cifar10-personal"
  case cifar100Personal = "cifar100-personal"

  public var graph: Graph {
    get throws {
      switch self {
      case .fashionMNISTMLP: try FashionMNISTNetwork.mlp.graph
      case .fashionMNISTCNN: try FashionMNISTNetwork.cnn.graph
      case .fashionMNISTPersonal: try FashionMNISTNetwork.personal.graph
      case .cifar10MLP: try CIFAR10Network.mlp.graph
      case .cifar10CNN: try CIFAR10Network.cnn.graph
      case .cifar10Personal: try CIFAR10Network.personal.graph
      case .cifar100Personal: try CIFAR100Network.personal.graph
      }
    }
  }

  /// The perceptron that the report uses for both Fashion-MNIST and CIFAR-10.
  static func multilayerPerceptron(input: Shape) throws -> Sequential {
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
