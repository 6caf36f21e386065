public import Pinion

extension Zoo {
  /// Two convolutions beside a shortcut, which is a 1 × 1 convolution where the shape changes.
  private static func residual(
    _ x: SymbolicTensor, _ filters: Int, narrows: Bool
  ) -> SymbolicTensor {
    let y = normalized(filters, stride: narrows ? 2 : 1, x)
    let sum = normalized(filters, isLinear: true, y)
    let shortcut = narrows ? normalized(filters, kernel: 1, stride: 2, isLinear: true, x) : x
    return Activation(.relu)(Add()(sum, shortcut))
  }

  /// ResNet-20 (He et al. 2016) for small images: three stages of three blocks.
  ///
  /// - Parameters:
  ///   - blocks: In each stage; n of the depth 6·n + 2.
  ///   - width: The filters of the first stage.
  public static func resNet20(
    input: Shape = [32, 32, 3], classes: Int = 10, blocks: Int = 3, width: Int = 16
  ) throws -> Graph {
    let image = Input(input)
    var x = normalized(width, image)
    for stage in 0..<3 {
      for block in 0..<blocks {
        x = residual(x, width << stage, narrows: stage > 0 && block == 0)
      }
    }
    return try classifier("resnet20", from: image, features: GlobalAveragePooling2D()(x), classes)
  }

  /// ResNet-18 (He et al. 2016): a 7 × 7 convolution, then four stages of two blocks.
  ///
  /// - Parameter width: The filters of the first stage.
  public static func resNet18(
    input: Shape = [224, 224, 3], classes: Int = 1_000, width: Int = 64
  ) throws -> Graph {
    let image = Input(input)
    var x = normalized(width, kernel: 7, stride: 2, padding: .valid, ZeroPadding2D(3)(image))
    x = MaxPool2D(3, stride: 2)(ZeroPadding2D(1)(x))
    for stage in 0..<4 {
      for block in 0..<2 {
        x = residual(x, width << stage, narrows: stage > 0 && block == 0)
      }
    }
    return try classifier("resnet18", from: image, features: GlobalAveragePooling2D()(x), classes)
  }

  /// A Wide ResNet (Zagoruyko and Komodakis 2016) for small images: blocks that start with
  /// normalization and rectifier.
  ///
  /// - Parameters:
  ///   - depth: 6·n + 4.
  ///   - width: How many times wider than a ResNet.
  public static func wideResNet(
    input: Shape = [32, 32, 3], classes: Int = 10, depth: Int = 28, width: Int = 10,
    dropout: Double = 0.3
  ) throws -> Graph {
    func convolution(_ filters: Int, stride: Int = 1, kernel: Size2D = 3) -> Conv2D {
      Conv2D(filters, kernel: kernel, stride: Size2D(stride), padding: .same, usesBias: false)
    }
    let image = Input(input)
    var x = convolution(16)(image)
    for stage in 0..<3 {
      for block in 0..<(depth - 4) / 6 {
        let (filters, stride) = (width << (4 + stage), stage > 0 && block == 0 ? 2 : 1)
        let active = activated(x)
        var y = Dropout(dropout)(activated(convolution(filters, stride: stride)(active)))
        y = convolution(filters)(y)
        x = Add()(y, block == 0 ? convolution(filters, stride: stride, kernel: 1)(active) : x)
      }
    }
    x = GlobalAveragePooling2D()(activated(x))
    return try classifier("wideresnet", from: image, features: x, classes)
  }
}
