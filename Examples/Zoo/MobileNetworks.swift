public import Pinion

extension Zoo {
  /// A number of filters times a width, rounded to a multiple of eight, by at most a tenth down.
  private static func rounded(_ filters: Int, _ width: Double) -> Int {
    let exact = Double(filters) * width
    let eights = max(8, Int(exact + 4) / 8 * 8)
    return Double(eights) < 0.9 * exact ? eights + 8 : eights
  }

  /// MobileNetV2 (Sandler et al. 2018).
  ///
  /// - Parameter width: How many times wider than the paper's.
  public static func mobileNetV2(
    input: Shape = [224, 224, 3], classes: Int = 1_000, width: Double = 1
  ) throws -> Graph {
    func active(_ x: SymbolicTensor, _ layer: some Layer, isLinear: Bool = false) -> SymbolicTensor
    {
      let x = BatchNormalization()(layer(x))
      return isLinear ? x : Activation(.relu6)(x)
    }
    let image = Input(input)
    var channels = rounded(32, width)
    var x = active(
      image, Conv2D(channels, kernel: 3, stride: 2, padding: .same, usesBias: false))
    for (expansion, size, count, first) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ] {
      let filters = rounded(size, width)
      for block in 0..<count {
        let stride = block == 0 ? first : 1
        var y = x
        if expansion > 1 {
          y = active(y, Conv2D(expansion * channels, kernel: 1, usesBias: false))
        }
        y = active(
          y, DepthwiseConv2D(kernel: 3, stride: Size2D(stride), padding: .same, usesBias: false))
        y = active(y, Conv2D(filters, kernel: 1, usesBias: false), isLinear: true)
        x = stride == 1 && channels == filters ? Add()(x, y) : y
        channels = filters
      }
    }
    x = active(x, Conv2D(rounded(1_280, max(1, width)), kernel: 1, usesBias: false))
    x = GlobalAveragePooling2D()(x)
    return try classifier("mobilenetv2", from: image, features: x, classes)
  }

  /// EfficientNet-B0 (Tan and Le 2019), on inputs that are normalized already.
  ///
  /// - Parameter width: How many times wider than the paper's.
  public static func efficientNetB0(
    input: Shape = [224, 224, 3], classes: Int = 1_000, width: Double = 1
  ) throws -> Graph {
    func active(_ x: SymbolicTensor, _ layer: some Layer, isLinear: Bool = false) -> SymbolicTensor
    {
      let x = BatchNormalization()(layer(x))
      return isLinear ? x : Activation(.silu)(x)
    }
    let image = Input(input)
    var channels = rounded(32, width)
    var x = active(
      image, Conv2D(channels, kernel: 3, stride: 2, padding: .same, usesBias: false))
    for (expansion, size, count, first, kernel) in [
      (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
      (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
    ] {
      let filters = rounded(size, width)
      for block in 0..<count {
        let (stride, wide) = (block == 0 ? first : 1, expansion * channels)
        var y = expansion > 1 ? active(x, Conv2D(wide, kernel: 1, usesBias: false)) : x
        y = active(
          y,
          DepthwiseConv2D(
            kernel: Size2D(kernel), stride: Size2D(stride), padding: .same, usesBias: false))
        var weights = GlobalAveragePooling2D(keepDims: true)(y)
        weights = Conv2D(max(1, channels / 4), kernel: 1, activation: .silu)(weights)
        y = Multiply()(y, Conv2D(wide, kernel: 1, activation: .sigmoid)(weights))
        y = active(y, Conv2D(filters, kernel: 1, usesBias: false), isLinear: true)
        x = stride == 1 && channels == filters ? Add()(Dropout(0.2)(y), x) : y
        channels = filters
      }
    }
    x = active(x, Conv2D(rounded(1_280, width), kernel: 1, usesBias: false))
    x = Dropout(0.2)(GlobalAveragePooling2D()(x))
    return try classifier("efficientnetb0", from: image, features: x, classes)
  }
}
