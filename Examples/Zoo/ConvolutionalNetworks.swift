public import Pinion

extension Zoo {
  /// LeNet-5 (LeCun et al. 1998) with average-pooling and a softmax.
  public static func leNet5(input: Shape = [28, 28, 1], classes: Int = 10) throws -> Graph {
    try Sequential(input: input, name: "lenet5") {
      Conv2D(6, kernel: 5, padding: .same, activation: .tanh)
      AveragePool2D()
      Conv2D(16, kernel: 5, activation: .tanh)
      AveragePool2D()
      Flatten()
      Dense(120, activation: .tanh)
      Dense(84, activation: .tanh)
      Dense(classes, activation: .softmax)
    }.graph
  }

  /// VGG-16 (Simonyan and Zisserman 2015) with batch normalization, for small images.
  ///
  /// - Parameter width: The filters of the first stage; stages double them up to eight times.
  public static func vgg16(
    input: Shape = [32, 32, 3], classes: Int = 10, width: Int = 64
  ) throws -> Graph {
    let image = Input(input)
    var x = image
    for (convolutions, factor) in [(2, 1), (2, 2), (3, 4), (3, 8), (3, 8)] {
      for _ in 0..<convolutions { x = normalized(width * factor, x) }
      x = MaxPool2D()(x)
    }
    return try classifier("vgg16", from: image, features: Dropout(0.5)(Flatten()(x)), classes)
  }

  /// DenseNet-BC (Huang et al. 2017) for small images: three blocks of layers, each of which reads
  /// the outputs of all layers before it.
  ///
  /// - Parameters:
  ///   - depth: 6·n + 4.
  ///   - growth: The filters that a layer adds.
  public static func denseNet(
    input: Shape = [32, 32, 3], classes: Int = 10, depth: Int = 40, growth: Int = 12
  ) throws -> Graph {
    func layer(_ x: SymbolicTensor, _ filters: Int, kernel: Size2D) -> SymbolicTensor {
      Conv2D(filters, kernel: kernel, padding: .same, usesBias: false)(activated(x))
    }
    let image = Input(input)
    var x = Conv2D(2 * growth, kernel: 3, padding: .same, usesBias: false)(image)
    var filters = 2 * growth
    for block in 0..<3 {
      for _ in 0..<(depth - 4) / 6 {
        let bottleneck = layer(x, 4 * growth, kernel: 1)
        x = Concatenate()(x, layer(bottleneck, growth, kernel: 3))
        filters += growth
      }
      guard block < 2 else { break }
      filters /= 2
      x = AveragePool2D()(layer(x, filters, kernel: 1))
    }
    x = GlobalAveragePooling2D()(activated(x))
    return try classifier("densenet", from: image, features: x, classes)
  }

  /// U-Net (Ronneberger et al. 2015) with batch normalization: a class for each pixel.
  ///
  /// - Parameter width: The filters of the first level; each of the four below has twice as many.
  public static func uNet(
    input: Shape = [64, 64, 3], classes: Int = 2, width: Int = 16
  ) throws -> Graph {
    func pair(_ x: SymbolicTensor, _ filters: Int) -> SymbolicTensor {
      normalized(filters, normalized(filters, x))
    }
    let image = Input(input)
    var (x, levels) = (image, [SymbolicTensor]())
    for level in 0..<4 {
      x = pair(x, width << level)
      levels.append(x)
      x = MaxPool2D()(x)
    }
    x = pair(x, width << 4)
    for level in (0..<4).reversed() {
      x = normalized(width << level, kernel: 2, UpSampling2D(interpolation: .bilinear)(x))
      x = pair(Concatenate()(levels[level], x), width << level)
    }
    x = Conv2D(classes, kernel: 1, activation: .softmax)(x)
    return try Graph(input: image, output: x, name: "unet")
  }
}
