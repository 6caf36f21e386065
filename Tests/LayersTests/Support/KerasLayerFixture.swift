import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// A layer that Keras ran: configuration, numbers in, numbers out.
struct KerasLayerFixture: Decodable, CustomTestStringConvertible {
  struct Named: Decodable {
    let name: String
    let shape: [Int]
    let data: [Float]
  }

  let name: String
  let layer: String
  let config: KerasConfig
  let training: Bool
  let calls: Int
  let inputs: [FixtureTensor]
  let weights: [Named]
  let output: FixtureTensor
  let upstream: FixtureTensor
  let inputGradients: [FixtureTensor]
  let weightGradients: [Named]
  let stateAfter: [Named]

  var testDescription: String { name }
}

/// The hyperparameters that Keras's layers of the fixtures have.
struct KerasConfig: Decodable {
  var units: Int?
  var filters: Int?
  var kernel_size: [Int]?
  var pool_size: [Int]?
  var strides: [Int]?
  var dilation_rate: [Int]?
  var depth_multiplier: Int?
  var groups: Int?
  var output_padding: [Int]?
  var padding: KerasPadding?
  var use_bias: Bool?
  var activation: String?
  var negative_slope: Float?
  var alpha: Float?
  var approximate: Bool?
  var axes: [Int]?
  var factor: Float?
  var offset: Float?
  var mean: [Float]?
  var variance: [Float]?
  var shared_axes: [Int]?
  var stddev: Double?
  var rate: Double?
  var axis: Int?
  var momentum: Double?
  var epsilon: Double?
  var center: Bool?
  var scale: Bool?
  var keepdims: Bool?
  var cropping: [[Int]]?
  var size: [Int]?
  var interpolation: UpSampling2D.Interpolation?
  var target_shape: [Int]?
  var dims: [Int]?
  var n: Int?
  var input_dim: Int?
  var output_dim: Int?
  var num_heads: Int?
  var key_dim: Int?
  var value_dim: Int?
  var output_shape: Int?
  var use_causal_mask: Bool?
}

/// `valid` or `same`, or the widths of borders.
struct KerasPadding: Decodable {
  var mode: String?
  var edges: [[Int]]?

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let mode = try? container.decode(String.self) {
      self.mode = mode
    } else {
      edges = try container.decode([[Int]].self)
    }
  }
}

extension KerasLayerFixture {
  /// The layer of ours with the same hyperparameters.
  func makeLayer() throws -> any Layer {
    let bias = config.use_bias ?? true
    switch layer {
    case "Dense":
      return dense(try #require(config.units), try activation(), bias)
    case "Conv2D":
      return convolution(try activation(), bias)
    case "DepthwiseConv2D":
      return depthwiseConvolution(try activation(), bias)
    case "SeparableConv2D":
      return separableConvolution(try activation(), bias)
    case "Conv2DTranspose":
      return transposedConvolution(try activation(), bias)
    case "MaxPooling2D":
      return MaxPool2D(
        size(config.pool_size) ?? 2, stride: size(config.strides), padding: padding)
    case "Flatten": return Flatten()
    case "Dropout": return Dropout(try #require(config.rate))
    case "Add": return Add()
    case "Activation": return activationLayer(try activation())
    case "BatchNormalization":
      return BatchNormalization(
        axis: try #require(config.axis), momentum: try #require(config.momentum),
        epsilon: try #require(config.epsilon), center: config.center ?? true,
        scale: config.scale ?? true)
    case "AveragePooling2D":
      return AveragePool2D(
        size(config.pool_size) ?? 2, stride: size(config.strides), padding: padding)
    case "GlobalAveragePooling1D":
      return GlobalAveragePooling1D(keepDims: config.keepdims ?? false)
    case "GlobalAveragePooling2D":
      return GlobalAveragePooling2D(keepDims: config.keepdims ?? false)
    case "GlobalMaxPooling1D": return GlobalMaxPooling1D(keepDims: config.keepdims ?? false)
    case "GlobalMaxPooling2D": return GlobalMaxPooling2D(keepDims: config.keepdims ?? false)
    case "ZeroPadding2D": return ZeroPadding2D(try edges(config.padding?.edges))
    case "Cropping2D": return Cropping2D(try edges(config.cropping))
    case "UpSampling2D":
      return UpSampling2D(
        try #require(size(config.size)), interpolation: try #require(config.interpolation))
    case "Reshape": return Reshape(try #require(config.target_shape))
    case "Permute": return Permute(try #require(config.dims))
    case "RepeatVector": return RepeatVector(try #require(config.n))
    case "Subtract": return Subtract()
    case "Multiply": return Multiply()
    case "Average": return Average()
    case "Maximum": return Maximum()
    case "Minimum": return Minimum()
    case "Concatenate": return Concatenate(axis: try #require(config.axis))
    case "Dot": return Dot(axes: try #require(config.axes))
    case "Embedding":
      return Embedding(try #require(config.input_dim), try #require(config.output_dim))
    case "MultiHeadAttention":
      return MultiHeadAttention(
        try #require(config.num_heads), keyDim: try #require(config.key_dim),
        valueDim: config.value_dim, outputDim: config.output_shape, usesBias: bias,
        usesCausalMask: config.use_causal_mask ?? false)
    default:
      guard let layer = try makeFunctionLayer() else { throw UnknownLayer(name: layer) }
      return layer
    }
  }

  private struct UnknownLayer: Error { let name: String }

  private var padding: Padding { config.padding?.mode == "same" ? .same : .valid }

  private func size(_ sides: [Int]?) -> Size2D? { sides.map { Size2D($0[0], $0[1]) } }

  private func edges(_ widths: [[Int]]?) throws -> Edges2D {
    let widths = try #require(widths)
    return Edges2D(
      top: widths[0][0], bottom: widths[0][1], left: widths[1][0], right: widths[1][1])
  }

  private func activation() throws -> any ActivationFunction {
    switch config.activation {
    case nil, "linear": .linear
    case "relu": .relu
    case "leaky_relu": .leakyReLU(negativeSlope: try #require(config.negative_slope))
    case "tanh": .tanh
    case "sigmoid": .sigmoid
    case "softmax": .softmax
    case "log_softmax": .logSoftmax
    case "softsign": .softsign
    case "softplus": .softplus
    case "exponential": .exponential
    case "silu": .silu
    case "mish": .mish
    case "gelu": .gelu(approximate: config.approximate ?? false)
    case "elu": .elu(alpha: config.alpha ?? 1)
    case "celu": .celu(alpha: config.alpha ?? 1)
    case "selu": .selu
    case "relu6": .relu6
    case "hard_sigmoid": .hardSigmoid
    case "hard_silu": .hardSwish
    case .some(let name): throw UnknownLayer(name: name)
    }
  }

  private func dense(_ units: Int, _ activation: some ActivationFunction, _ bias: Bool) -> Dense {
    Dense(units, activation: activation, usesBias: bias)
  }

  private func activationLayer(_ function: some ActivationFunction) -> Activation {
    Activation(function)
  }

  private func convolution(_ activation: some ActivationFunction, _ bias: Bool) -> Conv2D {
    Conv2D(
      config.filters ?? 0, kernel: size(config.kernel_size) ?? 1, stride: size(config.strides) ?? 1,
      padding: padding, dilation: size(config.dilation_rate) ?? 1, groups: config.groups ?? 1,
      activation: activation, usesBias: bias)
  }

  private func depthwiseConvolution(
    _ activation: some ActivationFunction, _ bias: Bool
  ) -> DepthwiseConv2D {
    DepthwiseConv2D(
      kernel: size(config.kernel_size) ?? 1, stride: size(config.strides) ?? 1, padding: padding,
      depthMultiplier: config.depth_multiplier ?? 1, dilation: size(config.dilation_rate) ?? 1,
      activation: activation, usesBias: bias)
  }

  private func separableConvolution(
    _ activation: some ActivationFunction, _ bias: Bool
  ) -> SeparableConv2D {
    SeparableConv2D(
      config.filters ?? 0, kernel: size(config.kernel_size) ?? 1, stride: size(config.strides) ?? 1,
      padding: padding, depthMultiplier: config.depth_multiplier ?? 1,
      dilation: size(config.dilation_rate) ?? 1, activation: activation, usesBias: bias)
  }

  private func transposedConvolution(
    _ activation: some ActivationFunction, _ bias: Bool
  ) -> Conv2DTranspose {
    Conv2DTranspose(
      config.filters ?? 0, kernel: size(config.kernel_size) ?? 1, stride: size(config.strides) ?? 1,
      padding: padding, outputPadding: size(config.output_padding), activation: activation,
      usesBias: bias)
  }
}
