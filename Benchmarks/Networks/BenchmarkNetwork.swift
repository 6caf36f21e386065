public import ArgumentParser
internal import ExampleNetworks
internal import NetworkZoo
public import Pinion

/// The networks that the benchmarks measure: the report's seven, and others of common kinds.
///
/// `Benchmarks/peers/networks.py` has the same networks for other libraries.
public enum BenchmarkNetwork: String, ExpressibleByArgument, CaseIterable, Sendable {
  case fashionMNISTMLP = "fashion-mnist-mlp"
  case fashionMNISTCNN = "fashion-mnist-cnn"
  case fashionMNISTPersonal = "fashion-mnist-personal"
  case cifar10MLP = "cifar10-mlp"
  case cifar10CNN = "cifar10-cnn"
  case cifar10Personal = "cifar10-personal"
  case cifar100Personal = "cifar100-personal"
  case leNet5 = "lenet5"
  case resNet20 = "resnet20"
  case vgg
  case allConvolutional = "all-convolutional"
  case mobileNet = "mobilenet"
  case denseNet = "densenet"
  case wideStem = "resnet18-stem"
  case visionTransformer = "vision-transformer"
  case wideMLP = "wide-mlp"

  /// The report's seven.
  public static let report = allCases.filter { $0.reportNetwork != nil }

  private var reportNetwork: ReportNetwork? { ReportNetwork(rawValue: rawValue) }

  public var graph: Graph {
    get throws {
      if let reportNetwork { return try reportNetwork.graph }
      return switch self {
      case .leNet5: try Zoo.leNet5()
      case .resNet20: try Zoo.resNet20()
      case .vgg: try ConvolutionalStack.vgg
      case .allConvolutional: try ConvolutionalStack.allConvolutional
      case .mobileNet: try ConvolutionalStack.mobileNet
      case .denseNet: try Zoo.denseNet(depth: 22)
      case .wideStem: try Zoo.resNet18(input: [96, 96, 3], classes: 10, width: 32)
      case .visionTransformer: try Zoo.visionTransformer()
      default: try wideMultilayerPerceptron
      }
    }
  }

  private var wideMultilayerPerceptron: Graph {
    get throws {
      try Sequential(input: [28, 28, 1], name: "wide_mlp") {
        Flatten()
        for _ in 0..<3 {
          Dense(1_024)
          LayerNormalization(epsilon: 1e-6)
          Activation(.gelu)
        }
        Dense(10, activation: .softmax)
      }.graph
    }
  }
}

/// Chains of convolutions without a bias, each before a batch normalization and a rectifier.
private enum ConvolutionalStack {
  private static func normalized(_ x: SymbolicTensor, _ layer: some Layer) -> SymbolicTensor {
    Activation(.relu)(BatchNormalization()(layer(x)))
  }

  private static func normalized(
    _ x: SymbolicTensor, _ filters: Int, kernel: Size2D = 3, stride: Size2D = 1
  ) -> SymbolicTensor {
    normalized(
      x, Conv2D(filters, kernel: kernel, stride: stride, padding: .same, usesBias: false))
  }

  /// As VGG (Simonyan and Zisserman 2015), with three stages of two convolutions.
  static var vgg: Graph {
    get throws {
      let image = Input([32, 32, 3])
      var x = image
      for filters in [64, 128, 256] {
        x = MaxPool2D()(normalized(normalized(x, filters), filters))
      }
      return try Graph(
        input: image, output: Dense(10, activation: .softmax)(Flatten()(x)), name: "vgg")
    }
  }

  /// As the all-convolutional network (Springenberg et al. 2015): strides in place of pooling, and
  /// 1 × 1 convolutions.
  static var allConvolutional: Graph {
    get throws {
      let image = Input([64, 64, 3])
      var x = normalized(image, 32)
      for filters in [64, 128, 256] {
        x = normalized(normalized(x, filters, stride: 2), filters, kernel: 1)
      }
      return try Graph(
        input: image, output: Dense(10, activation: .softmax)(GlobalAveragePooling2D()(x)),
        name: "all_convolutional")
    }
  }

  /// As MobileNet (Howard et al. 2017): depthwise and 1 × 1 convolutions.
  static var mobileNet: Graph {
    get throws {
      let image = Input([32, 32, 3])
      var x = normalized(image, 32)
      for (filters, stride) in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1)] {
        x = normalized(
          x,
          DepthwiseConv2D(kernel: 3, stride: Size2D(stride), padding: .same, usesBias: false))
        x = normalized(x, filters, kernel: 1)
      }
      return try Graph(
        input: image, output: Dense(10, activation: .softmax)(GlobalAveragePooling2D()(x)),
        name: "mobilenet")
    }
  }
}
