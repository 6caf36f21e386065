public import ArgumentParser
public import Pinion

/// One of the report's seven networks, named after its data set.
public enum ReportNetwork: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// Fully connected layers, for Fashion-MNIST.
  case fashionMNISTMLP = "fashion-mnist-mlp"
  /// Convolutions and poolings, for Fashion-MNIST.
  case fashionMNISTCNN = "fashion-mnist-cnn"
  /// With normalisation and dropout, for Fashion-MNIST.
  case fashionMNISTPersonal = "fashion-mnist-personal"
  /// Fully connected layers, for CIFAR-10.
  case cifar10MLP = "cifar10-mlp"
  /// Convolutions and poolings, for CIFAR-10.
  case cifar10CNN = "cifar10-cnn"
  /// With normalisation and dropout, for CIFAR-10.
  case cifar10Personal = "cifar10-personal"
  /// With normalisation and dropout, for CIFAR-100.
  case cifar100Personal = "cifar100-personal"

  /// The network's layers. Throws what the graph does, were they not to fit.
  public var definition: Sequential {
    get throws {
      switch self {
      case .fashionMNISTMLP: try FashionMNISTNetwork.mlp.definition
      case .fashionMNISTCNN: try FashionMNISTNetwork.cnn.definition
      case .fashionMNISTPersonal: try FashionMNISTNetwork.personal.definition
      case .cifar10MLP: try CIFAR10Network.mlp.definition
      case .cifar10CNN: try CIFAR10Network.cnn.definition
      case .cifar10Personal: try CIFAR10Network.personal.definition
      case .cifar100Personal: try CIFAR100Network.personal.definition
      }
    }
  }
}
