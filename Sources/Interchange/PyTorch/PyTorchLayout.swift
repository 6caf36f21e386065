internal import PinionLayers
internal import PinionTensor

/// The parameters of a layer that the tensors of a PyTorch module become, and the arrangement of
/// their axes.
struct PyTorchLayout {
  /// The conversion of a module's tensor to a parameter.
  enum Arrangement: Equatable {
    /// Unchanged.
    case same
    /// The axes of the parameter are these of the tensor.
    case axes([Int])
    /// (out, in) → (in, out), where in is (C, H, W) in the tensor and (H, W, C) in the parameter.
    case flattenedKernel(Shape)
    /// (C·H·W,) → (H·W·C,).
    case flattenedVector(Shape)
    /// (C · multiplier, 1, height, width) → (height, width, C, multiplier).
    case depthwise
    /// (C,) or (1,) → (…, C): as many elements as the parameter, repeated.
    case lastAxis
    /// The rows of query, key or value, 0, 1 or 2, of (3·H·K, E) → (E, H, K), or of (3·H·K,) →
    /// (H, K).
    case projection(Int)
    /// (O, H·V) → (H, V, O).
    case joinedHeads
  }

  /// A parameter and the module's tensor, such as `kernel` and `weight`.
  struct Part {
    let parameter: String
    /// Which of the layer's modules: the second of a separable convolution is its 1×1.
    let module: Int
    let tensor: String
    let arrangement: Arrangement
  }

  let parts: [Part]

  /// The number of modules that make up the layer.
  let moduleCount: Int

  /// - Parameter flattened: The shape (H, W, C) of the image of which the layer's input is a
  ///   vector; nil for other inputs.
  init(of layer: any Layer, parameters: [String], flattened: Shape?) {
    let all: [Part]
    switch layer {
    case is Dense:
      all = Self.weighted(flattened.map { .flattenedKernel($0) } ?? .axes([1, 0]))
    case is Conv2D, is Conv2DTranspose: all = Self.weighted(.axes([2, 3, 1, 0]))
    case is DepthwiseConv2D: all = Self.weighted(.depthwise)
    case is SeparableConv2D:
      all = [
        Part(
          parameter: "depthwise_kernel", module: 0, tensor: "weight", arrangement: .depthwise),
        Part(
          parameter: "pointwise_kernel", module: 1, tensor: "weight",
          arrangement: .axes([2, 3, 1, 0])),
        Part(parameter: "bias", module: 1, tensor: "bias", arrangement: .same),
      ]
    case is BatchNormalization:
      let vector = flattened.map { Arrangement.flattenedVector($0) } ?? .same
      all = Self.normalization.map {
        Part(parameter: $0.key, module: 0, tensor: $0.value, arrangement: vector)
      }
    case is LayerNormalization, is GroupNormalization:
      all = Self.normalization.map {
        Part(parameter: $0.key, module: 0, tensor: $0.value, arrangement: .same)
      }
    case is RMSNormalization:
      all = [Part(parameter: "scale", module: 0, tensor: "weight", arrangement: .same)]
    case is MultiHeadAttention: all = Self.attention
    case is Embedding:
      all = [Part(parameter: "embeddings", module: 0, tensor: "weight", arrangement: .same)]
    case is PReLU:
      all = [Part(parameter: "alpha", module: 0, tensor: "weight", arrangement: .lastAxis)]
    default:
      all = parameters.map {
        Part(parameter: $0, module: 0, tensor: $0, arrangement: .same)
      }
    }
    // In the order of the layer's parameters, those alone that it has.
    parts = parameters.compactMap { name in all.first { $0.parameter == name } }
    // The projection of an attention's output is a module inside of it.
    moduleCount =
      layer is MultiHeadAttention ? 2 : (parts.map(\.module).max() ?? 0) + 1
  }

  /// The tensors of `MultiheadAttention`, whose queries, keys and values are of one width.
  private static let attention: [Part] =
    ["query", "key", "value"].enumerated().flatMap { index, name in
      [("kernel", "in_proj_weight"), ("bias", "in_proj_bias")].map { parameter, tensor in
        Part(
          parameter: "\(name)/\(parameter)", module: 0, tensor: tensor,
          arrangement: .projection(index))
      }
    } + [
      Part(
        parameter: "attention_output/kernel", module: 0, tensor: "out_proj.weight",
        arrangement: .joinedHeads),
      Part(
        parameter: "attention_output/bias", module: 0, tensor: "out_proj.bias",
        arrangement: .same),
    ]

  private static func weighted(_ kernel: Arrangement) -> [Part] {
    [
      Part(parameter: "kernel", module: 0, tensor: "weight", arrangement: kernel),
      Part(parameter: "bias", module: 0, tensor: "bias", arrangement: .same),
    ]
  }

  private static let normalization = [
    "gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
    "moving_variance": "running_var",
  ]
}

extension PyTorchLayout.Arrangement {
  /// The shapes that a tensor may have for a parameter of a shape.
  func sources(for target: Shape) -> [Shape] {
    switch self {
    case .same: return [target]
    case .axes(let axes):
      var sizes = [Int](repeating: 0, count: axes.count)
      for (size, axis) in zip(target, axes) { sizes[axis] = size }
      return [Shape(sizes)]
    case .flattenedKernel: return [[target[1], target[0]]]
    case .flattenedVector: return [target]
    case .depthwise: return [[target[2] * target[3], 1, target[0], target[1]]]
    case .lastAxis:
      let channels = target.dimensions.last ?? 1
      return channels == 1 ? [[1]] : [[channels], [1]]
    case .projection:
      let width = target[target.rank - 2] * target[target.rank - 1]
      return target.rank == 2 ? [[3 * width]] : [[3 * width, target[0]]]
    case .joinedHeads: return [[target[2], target[0] * target[1]]]
    }
  }

  /// Arranges a tensor of one of ``sources(for:)``.
  func arranged(_ source: Tensor, as target: Shape) -> Tensor {
    switch self {
    case .same: return source
    case .axes(let axes): return source.transposed(axes)
    case .flattenedKernel(let image):
      let (height, width, channels) = (image[0], image[1], image[2])
      return source.reshaped(to: [target[1], channels, height, width]).transposed([2, 3, 1, 0])
        .reshaped(to: target)
    case .flattenedVector(let image):
      return source.reshaped(to: [image[2], image[0], image[1]]).transposed([1, 2, 0])
        .reshaped(to: target)
    case .depthwise:
      return source.reshaped(to: [target[2], target[3], target[0], target[1]])
        .transposed([2, 3, 0, 1])
    case .lastAxis: return Tensor.zeros(target) + source
    case .projection(let index):
      let count = source.count / 3
      let rows = Tensor(
        shape: Shape([source.shape[0] / 3] + source.shape.dropFirst()),
        elements: Array(source.elements[index * count..<(index + 1) * count]))
      return (target.rank == 3 ? rows.transposed() : rows).reshaped(to: target)
    case .joinedHeads: return source.transposed().reshaped(to: target)
    }
  }
}

extension Graph {
  /// The shape (H, W, C) of the image whose flattened elements are a node's input, also after
  /// layers that treat each element by itself; nil if there is none.
  func flattenedImage(before node: Node) -> Shape? {
    guard node.inputs.count == 1 else { return nil }
    var value = self[node.inputs[0]]
    while let producer = value.producer {
      let node = self[producer]
      guard node.inputs.count == 1, value.shape.rank == 1 else { return nil }
      let input = self[node.inputs[0]]
      switch layer(of: node).layer {
      case is Flatten, is Reshape: return input.shape.rank == 3 ? input.shape : nil
      case is Activation, is Dropout, is BatchNormalization, is GaussianNoise, is GaussianDropout,
        is Rescaling, is PReLU:
        value = input
      default: return nil
      }
    }
    return nil
  }
}
