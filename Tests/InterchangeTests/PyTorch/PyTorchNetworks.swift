import Pinion
import PinionTestSupport

/// The networks of `make_pytorch.py` in Pinion.
enum PyTorchNetworks {
  static func chain() throws -> Sequential {
    try Sequential(input: [11, 12, 3]) {
      Conv2D(8, kernel: Size2D(3, 2))
      BatchNormalization(epsilon: 1e-5)
      PReLU(sharedAxes: [1, 2])
      Conv2D(12, kernel: 3, groups: 4, usesBias: false)
      DepthwiseConv2D(
        kernel: Size2D(2, 3), depthMultiplier: 2, activation: .relu)
      SeparableConv2D(5, kernel: 3)
      Conv2DTranspose(6, kernel: 2, stride: 2)
      MaxPool2D()
      GroupNormalization(groups: 3, epsilon: 1e-5)
      Flatten()
      BatchNormalization(epsilon: 1e-5)
      Dense(7, activation: .tanh)
      LayerNormalization(epsilon: 1e-5)
      Dense(4)
    }
  }

  static func vectors() throws -> Graph {
    let input = Input([5, 6, 3])
    let image = LayerNormalization(axes: [1, 2, 3], epsilon: 1e-5)(Conv2D(4, kernel: 2)(input))
    let vector = PReLU()(LayerNormalization(epsilon: 1e-5)(Flatten()(image)))
    let joined = Concatenate()(vector, Flatten()(Conv2D(2, kernel: 3)(input)))
    let sum = Add()(Dense(24)(joined), Dense(24)(joined))
    let pixels = Activation(.relu)(BatchNormalization(epsilon: 1e-5)(sum))
    return try Graph(
      input: input, output: Conv2DTranspose(3, kernel: 2, stride: 2)(Reshape([2, 3, 4])(pixels)))
  }

  /// Layers have the modules' names.
  static func resNet() throws -> Graph {
    func normalization(_ name: String) -> BatchNormalization {
      BatchNormalization(epsilon: 1e-5, name: name)
    }
    let input = Input([32, 32, 3])
    func convolution(_ width: Int, _ kernel: Int, _ stride: Int, _ name: String) -> Conv2D {
      Conv2D(
        width, kernel: Size2D(kernel), stride: Size2D(stride), usesBias: false, name: name)
    }
    var x = ZeroPadding2D(3)(input)
    x = Activation(.relu)(normalization("bn1")(convolution(3, 7, 2, "conv1")(x)))
    x = MaxPool2D(3, stride: 2)(ZeroPadding2D(1)(x))
    var inputs = 3
    for stage in 0..<4 {
      let width = 3 << stage
      for block in 0..<2 {
        let (stride, name) = (stage > 0 && block == 0 ? 2 : 1, "layer\(stage + 1).\(block)")
        var y = convolution(width, 3, stride, "\(name).conv1")(ZeroPadding2D(1)(x))
        y = Activation(.relu)(normalization("\(name).bn1")(y))
        y = convolution(width, 3, 1, "\(name).conv2")(ZeroPadding2D(1)(y))
        y = normalization("\(name).bn2")(y)
        if stride != 1 || inputs != width {
          x = convolution(width, 1, stride, "\(name).downsample.0")(x)
          x = normalization("\(name).downsample.1")(x)
        }
        x = Activation(.relu)(Add()(y, x))
        inputs = width
      }
    }
    return try Graph(
      input: input, output: Dense(10, name: "fc")(GlobalAveragePooling2D()(x)))
  }

  static func mobileNet() throws -> Graph {
    let input = Input([32, 32, 3])
    func block(
      _ x: SymbolicTensor, _ layer: some Layer, isActivated: Bool = true
    ) -> SymbolicTensor {
      let y = BatchNormalization(epsilon: 1e-5)(layer(x))
      return isActivated ? Activation(.relu6)(y) : y
    }
    var x = block(ZeroPadding2D(1)(input), Conv2D(4, kernel: 3, stride: 2, usesBias: false))
    var inputs = 4
    for (expansion, width, stride) in [(1, 3, 1), (6, 4, 2), (6, 4, 1), (6, 6, 2), (6, 6, 1)] {
      var y = x
      if expansion > 1 { y = block(y, Conv2D(inputs * expansion, kernel: 1, usesBias: false)) }
      y = block(
        ZeroPadding2D(1)(y), DepthwiseConv2D(kernel: 3, stride: Size2D(stride), usesBias: false))
      y = block(y, Conv2D(width, kernel: 1, usesBias: false), isActivated: false)
      x = stride == 1 && inputs == width ? Add()(x, y) : y
      inputs = width
    }
    x = block(x, Conv2D(16, kernel: 1, usesBias: false))
    return try Graph(
      input: input, output: Dense(10)(Dropout(0.2)(GlobalAveragePooling2D()(x))))
  }
}
