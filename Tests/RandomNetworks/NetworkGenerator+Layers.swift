import PinionLayers
import PinionTensor

/// The layers of one input.
extension NetworkGenerator {
  mutating func noise() {
    switch choices.below(last.shape.rank == 3 ? 7 : 5) {
    case 0: add(GaussianNoise(choices.pick([0, 0.1])), on: last)
    case 1: add(GaussianDropout(choices.pick([0, 0.2])), on: last)
    case 2: add(StochasticDepth(choices.pick([0, 0.25, 0.5])), on: last)
    case 3, 4: add(Dropout(choices.pick([0, 0.25, 0.5])), on: last)
    default: add(SpatialDropout2D(choices.pick([0, 0.25, 0.5])), on: last)
    }
  }

  mutating func normalize() {
    let rank = last.shape.rank
    let axis = choices.oneIn(2) ? -1 : choices.number(in: 1...rank)
    let epsilon = choices.pick([1e-3, 1e-2])
    let (center, scale) = (!choices.oneIn(4), !choices.oneIn(4))
    let count = last.shape[axis < 0 ? rank - 1 : axis - 1]
    switch choices.below(10) {
    case 0, 1:
      let axes = choices.oneIn(3) ? Array(choices.number(in: 1...rank)...rank) : [axis]
      add(
        LayerNormalization(axes: axes, epsilon: epsilon, center: center, scale: scale), on: last)
    case 2, 3:
      let groups = choices.pick([-1] + (1...count).filter { count % $0 == 0 })
      add(
        GroupNormalization(
          groups: groups, axis: axis, epsilon: epsilon, center: center, scale: scale), on: last)
    case 4: add(RMSNormalization(epsilon: epsilon), on: last)
    case 5:
      // Away from zeros, which have no direction.
      add(Activation(.softplus), on: last)
      add(UnitNormalization(axis: axis), on: last)
    case 6:
      if choices.oneIn(2) {
        add(
          Rescaling(Float(choices.number(in: 0.5...2)), offset: Float(choices.number(in: -1...1))),
          on: last)
      } else {
        let mean = (0..<count).map { _ in Float(choices.number(in: -1...1)) }
        let variance = (0..<count).map { _ in Float(choices.number(in: 0.25...4)) }
        add(Normalization(mean: mean, variance: variance, axis: axis), on: last)
      }
    default:
      add(
        BatchNormalization(
          axis: axis, momentum: choices.pick([0.99, 0.9, 0.5]), epsilon: epsilon, center: center,
          scale: scale), on: last)
    }
  }

  /// Layers that arrange elements otherwise.
  mutating func arrange() {
    let shape = last.shape
    switch (choices.below(6), shape.rank) {
    case (0, 2...): add(Permute(permutation(shape.rank)), on: last)
    case (1, 3):
      add(
        ZeroPadding2D(
          Edges2D(
            top: choices.below(3), bottom: choices.below(3), left: choices.below(3),
            right: choices.below(3))), on: last)
    case (2, 3):
      let (rows, columns) = (choices.below(shape[0]), choices.below(shape[1]))
      let (top, left) = (choices.below(rows + 1), choices.below(columns + 1))
      add(
        Cropping2D(
          Edges2D(top: top, bottom: rows - top, left: left, right: columns - left)), on: last)
    case (3, 3), (4, 3):
      let size = Size2D(choices.number(in: 1...3), choices.number(in: 1...3))
      guard mayGrow(by: size.height * size.width) else { return }
      add(
        UpSampling2D(size, interpolation: choices.pick([.nearest, .bilinear])), on: last)
    case (1...2, 1):
      let count = choices.number(in: 1...5)
      if mayGrow(by: count) { add(RepeatVector(count), on: last) }
    case (3, 2), (4, 2):
      if choices.oneIn(2) {
        add(GlobalAveragePooling1D(keepDims: choices.oneIn(2)), on: last)
      } else {
        add(GlobalMaxPooling1D(keepDims: choices.oneIn(2)), on: last)
      }
    default: reshape()
    }
  }

  private mutating func permutation(_ rank: Int) -> [Int] {
    var left = Array(1...rank)
    return (0..<rank).map { _ in left.remove(at: choices.below(left.count)) }
  }

  /// Another shape of one to three axes.
  private mutating func reshape() {
    let count = last.shape.elementCount
    var (sides, rest) = ([Int](), count)
    for _ in 0..<choices.below(3) {
      let divisors = (1...17).filter { rest % $0 == 0 }
      sides.append(choices.pick(divisors))
      rest /= sides[sides.count - 1]
    }
    sides.append(choices.oneIn(2) ? -1 : rest)
    add(Reshape(sides), on: last)
  }

  mutating func attend() {
    let (steps, width) = (last.shape[0], last.shape[1])
    switch choices.below(6) {
    case 0: return add(PositionEmbedding(), on: last)
    case 1: return add(ClassToken(tokenInitializer: .randomUniform), on: last)
    default: break
    }
    let (heads, keyDim) = (choices.number(in: 1...3), choices.number(in: 1...6))
    let valueDim = choices.oneIn(2) ? keyDim : choices.number(in: 1...6)
    let output = choices.oneIn(2) ? width : choices.number(in: 1...12)
    let cost =
      steps * heads * (2 * width * keyDim + width * valueDim + valueDim * output)
      + steps * steps * heads * (keyDim + valueDim)
    guard affords(cost) else { return }
    spend(cost)
    let layer = MultiHeadAttention(
      heads, keyDim: keyDim, valueDim: valueDim, outputDim: output == width ? nil : output,
      dropout: choices.pick([0, 0, 0.25]), usesBias: !choices.oneIn(4),
      usesCausalMask: choices.oneIn(3))
    let others = values.filter { $0.shape.rank == 2 && $0.shape[0] * steps <= 400 }
    guard choices.oneIn(2), !others.isEmpty else { return add(layer, on: last) }
    let value = choices.pick(others)
    let keys = others.filter { $0.shape[0] == value.shape[0] }
    append(layer, on: [last, value] + (choices.oneIn(2) ? [choices.pick(keys)] : []))
  }

  // MARK: Windows

  mutating func pool() {
    if choices.oneIn(5) {
      let keepDims = choices.oneIn(2)
      if choices.oneIn(2) {
        add(GlobalAveragePooling2D(keepDims: keepDims), on: last)
      } else {
        add(GlobalMaxPooling2D(keepDims: keepDims), on: last)
      }
      return
    }
    let size = window(most: 3)
    let stride = choices.oneIn(2) ? nil : Size2D(choices.number(in: 1...4))
    if choices.oneIn(2) {
      add(MaxPool2D(size.window, stride: stride, padding: size.padding), on: last)
    } else {
      add(AveragePool2D(size.window, stride: stride, padding: size.padding), on: last)
    }
  }

  mutating func convolve() {
    let size = window(most: 7)
    var stride =
      choices.oneIn(8)
      ? Size2D(choices.number(in: 1...4), choices.number(in: 1...4))
      : Size2D(choices.pick([1, 1, 1, 2, 3, 4]))
    switch choices.below(9) {
    case 0: transpose()
    case 1:
      // Keras has no unequal strides of depthwise convolutions.
      stride = Size2D(stride.height)
      let multiplier = choices.pick([1, 1, 1, 2, 3])
      guard mayGrow(by: multiplier) else { return }
      spend(last.shape.elementCount * multiplier * size.window.height * size.window.width)
      let dilation = dilation(of: size.window, stride, size.padding)
      add(
        DepthwiseConv2D(
          kernel: size.window, stride: stride, padding: size.padding, depthMultiplier: multiplier,
          dilation: dilation, activation: RandomActivation.make(&choices),
          usesBias: !choices.oneIn(4)), on: last)
    case 2:
      stride = Size2D(stride.height)
      let multiplier = choices.pick([1, 1, 2])
      let pixels = last.shape[0] * last.shape[1]
      spend(last.shape.elementCount * multiplier * size.window.height * size.window.width)
      let filters = width(each: pixels * last.shape[2] * multiplier)
      let dilation = dilation(of: size.window, stride, size.padding)
      add(
        SeparableConv2D(
          filters, kernel: size.window, stride: stride, padding: size.padding,
          depthMultiplier: multiplier, dilation: dilation,
          activation: RandomActivation.make(&choices),
          usesBias: !choices.oneIn(4)), on: last)
    default: add(convolution(size.window, stride, size.padding, filters: nil), on: last)
    }
  }

  /// A window that fits the last image with its padding.
  private mutating func window(most: Int) -> (window: Size2D, padding: Padding) {
    let padding: Padding = choices.oneIn(2) ? .same : .valid
    let side = choices.oneIn(3) ? min(3, most) : choices.number(in: 1...most)
    var window =
      choices.oneIn(6)
      ? Size2D(choices.number(in: 1...most), choices.number(in: 1...most)) : Size2D(side)
    if padding == .valid {
      window = Size2D(min(window.height, last.shape[0]), min(window.width, last.shape[1]))
    }
    return (window, padding)
  }

  private mutating func transpose() {
    let stride = Size2D(choices.number(in: 1...3), choices.number(in: 1...3))
    let kernel = Size2D(choices.number(in: 1...4), choices.number(in: 1...4))
    guard mayGrow(by: stride.height * stride.width) else { return }
    let padding: Padding = choices.oneIn(2) ? .same : .valid
    func extra(_ kernel: Int, _ stride: Int, _ choices: inout Choices) -> Int {
      // With an even kernel, `same` requires at least one pixel.
      let least = padding == .same && kernel % 2 == 0 ? 1 : 0
      return min(least + choices.below(stride - least + 1), stride - 1)
    }
    let outputPadding = Size2D(
      extra(kernel.height, stride.height, &choices), extra(kernel.width, stride.width, &choices))
    // TensorFlow takes one output padding of both axes only where it is no more than the stride.
    let isGiven =
      choices.oneIn(3)
      && (padding == .valid
        || (kernel.height % 2 + outputPadding.height > 0
          && kernel.width % 2 + outputPadding.width > 0))
    let filters = width(
      each: last.shape.elementCount * kernel.height * kernel.width)
    add(
      Conv2DTranspose(
        filters, kernel: kernel, stride: stride, padding: padding,
        outputPadding: isGiven ? outputPadding : nil,
        activation: RandomActivation.make(&choices), usesBias: !choices.oneIn(4)), on: last)
  }

  mutating func convolution(
    _ kernel: Size2D, _ stride: Size2D, _ padding: Padding, filters: Int?
  ) -> Conv2D {
    let channels = last.shape[2]
    let groups = choices.oneIn(4) ? choices.pick((1...channels).filter { channels % $0 == 0 }) : 1
    let dilation = dilation(of: kernel, stride, padding)
    var algorithms: [ConvolutionAlgorithm] = [.automatic, .automatic, .im2col, .direct]
    if groups > 1 || dilation != 1 {
      algorithms = [.automatic]
    } else {
      if kernel == Size2D(3), stride == Size2D(1) {
        algorithms += [.winograd, .winograd, .winograd]
      }
      if kernel == Size2D(3), stride == Size2D(2) {
        algorithms += [.stridedWinograd, .stridedWinograd, .stridedWinograd]
      }
      algorithms += [.shallow, .shallow]
    }
    let pixels =
      (last.shape[0] + stride.height - 1) / stride.height
      * ((last.shape[1] + stride.width - 1) / stride.width)
    var filters = filters ?? width(each: pixels * kernel.height * kernel.width * channels)
    filters = (filters + groups - 1) / groups * groups
    return Conv2D(
      filters, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: groups, activation: RandomActivation.make(&choices), usesBias: !choices.oneIn(4),
      algorithm: choices.pick(algorithms))
  }

  /// That of one in four kernels without a stride is larger than 1, where it fits.
  private mutating func dilation(
    of kernel: Size2D, _ stride: Size2D, _ padding: Padding
  ) -> Size2D {
    guard stride == 1, choices.oneIn(4) else { return 1 }
    func largest(_ n: Int, _ k: Int) -> Int {
      padding == .same || k == 1 ? 3 : max(1, min(3, (n - 1) / (k - 1)))
    }
    return Size2D(
      choices.number(in: 1...largest(last.shape[0], kernel.height)),
      choices.number(in: 1...largest(last.shape[1], kernel.width)))
  }
}

/// An activation, rectifiers more often than others.
enum RandomActivation {
  static func make(_ choices: inout Choices) -> any ActivationFunction {
    switch choices.below(30) {
    case 0: .tanh
    case 1: .sigmoid
    case 2: .leakyReLU
    case 3: .leakyReLU(negativeSlope: 0.05)
    case 4: .softmax
    case 5: .elu
    case 6: .elu(alpha: 0.5)
    case 7: .selu
    case 8: .celu(alpha: 2)
    case 9: .gelu
    case 10: .gelu(approximate: true)
    case 11: .silu
    case 12: .mish
    case 13: .softplus
    case 14: .softsign
    case 15: .hardSigmoid
    case 16: .hardSwish
    case 17: .relu6
    case 18: .logSoftmax
    case 19: .exponential
    case 20, 21, 22: .linear
    default: .relu
    }
  }

  static func layer(_ choices: inout Choices) -> Activation {
    func layer(_ function: some ActivationFunction) -> Activation { Activation(function) }
    return layer(make(&choices))
  }
}
