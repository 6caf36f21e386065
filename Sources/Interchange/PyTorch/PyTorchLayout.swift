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
    /// (out, in) → (in, out), each in the order of ``PyTorchOrders`` if there is one.
    case dense(input: [Int32]?, output: [Int32]?)
    /// (C,) in an order.
    case vector([Int32]?)
    /// (C · multiplier, 1, height, width) → (height, width, C, multiplier).
    case depthwise
    /// (C,), in an order, or (1,) → (…, C): as many elements as the parameter, repeated.
    case lastAxis([Int32]?)
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

  /// - Parameters:
  ///   - input: The order of the layer's input, of ``PyTorchOrders``.
  ///   - output: That of its output.
  init(of layer: any Layer, parameters: [Parameter], input: [Int32]?, output: [Int32]?) {
    let all: [Part]
    switch layer {
    case is Dense:
      all = Self.weighted(.dense(input: input, output: output), bias: .vector(output))
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
    case is BatchNormalization, is LayerNormalization, is GroupNormalization:
      // (C, H, W) of whole images.
      let arrangement =
        parameters.first?.shape.rank == 3 ? Arrangement.axes([1, 2, 0]) : .vector(input)
      all = Self.normalization.map {
        Part(parameter: $0.key, module: 0, tensor: $0.value, arrangement: arrangement)
      }
    case is RMSNormalization:
      all = [
        Part(parameter: "scale", module: 0, tensor: "weight", arrangement: .vector(input))
      ]
    case is MultiHeadAttention: all = Self.attention
    case is Embedding:
      all = [Part(parameter: "embeddings", module: 0, tensor: "weight", arrangement: .same)]
    case is PReLU:
      all = [Part(parameter: "alpha", module: 0, tensor: "weight", arrangement: .lastAxis(input))]
    default:
      all = parameters.map {
        Part(parameter: $0.name, module: 0, tensor: $0.name, arrangement: .same)
      }
    }
    // In the order of the layer's parameters, those alone that it has.
    parts = parameters.compactMap { parameter in
      all.first { $0.parameter == parameter.name }
    }
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

  private static func weighted(_ kernel: Arrangement, bias: Arrangement = .same) -> [Part] {
    [
      Part(parameter: "kernel", module: 0, tensor: "weight", arrangement: kernel),
      Part(parameter: "bias", module: 0, tensor: "bias", arrangement: bias),
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
    case .dense: return [[target[1], target[0]]]
    case .vector: return [target]
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

  private static func ordered(_ tensor: Tensor, by order: [Int32]?, along axis: Int) -> Tensor {
    order.map { tensor.gathered(IndexTensor($0), along: axis) } ?? tensor
  }

  /// Arranges a tensor of one of ``sources(for:)``.
  func arranged(_ source: Tensor, as target: Shape) -> Tensor {
    switch self {
    case .same: return source
    case .axes(let axes): return source.transposed(axes)
    case .dense(let input, let output):
      return Self.ordered(
        Self.ordered(source.transposed(), by: input, along: 0), by: output, along: 1)
    case .vector(let order): return Self.ordered(source, by: order, along: 0)
    case .depthwise:
      return source.reshaped(to: [target[2], target[3], target[0], target[1]])
        .transposed([2, 3, 0, 1])
    case .lastAxis(let order):
      let isOrdered = source.count == order?.count
      return Tensor.zeros(target) + Self.ordered(source, by: isOrdered ? order : nil, along: 0)
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

/// The order of the elements of vectors that are images in PyTorch: element i of the vector in
/// Pinion, in the order H, W, C, is element `order[i]` in PyTorch, in the order C, H, W.
///
/// Such vectors are flattened images, vectors that become images, and those that layers make of
/// them element by element. All others have no order.
struct PyTorchOrders {
  private var orders: [ValueID: [Int32]] = [:]

  init(_ graph: Graph) {
    add(graph, wanted: [:])
    // That of a dense layer's output follows from where it goes.
    var wanted: [ValueID: [Int32]] = [:]
    for node in graph.nodes.reversed() where node.inputShapes[0].rank == 1 {
      let layer = graph.layer(of: node).layer
      if layer is Reshape, node.outputShape.rank == 3 {
        wanted[node.inputs[0]] = Self.order(ofImage: node.outputShape)
      } else if Self.keepsOrder(layer, node),
        let order = wanted[node.output] ?? orders[node.output]
      {
        for input in node.inputs where wanted[input] == nil { wanted[input] = order }
      }
    }
    add(graph, wanted: wanted)
  }

  /// Nil if the order is the same in both.
  subscript(value: ValueID?) -> [Int32]? { value.flatMap { orders[$0] } }

  private mutating func add(_ graph: Graph, wanted: [ValueID: [Int32]]) {
    for node in graph.nodes where node.outputShape.rank == 1 {
      let layer = graph.layer(of: node).layer
      let shape = node.inputShapes[0]
      if layer is Flatten || layer is Reshape, shape.rank == 3 {
        orders[node.output] = Self.order(ofImage: shape)
      } else if Self.keepsOrder(layer, node) {
        orders[node.output] = node.inputs.compactMap { orders[$0] }.first
      } else if layer is Concatenate, node.inputs.contains(where: { orders[$0] != nil }) {
        var (joined, start) = ([Int32](), Int32(0))
        for (input, shape) in zip(node.inputs, node.inputShapes) {
          let size = Int32(shape.elementCount)
          joined += (orders[input] ?? Array(0..<size)).map { start + $0 }
          start += size
        }
        orders[node.output] = joined
      } else if layer is Dense {
        orders[node.output] = wanted[node.output]
      }
    }
  }

  /// Whether a layer makes a vector of vectors element by element, or with the same order.
  private static func keepsOrder(_ layer: any Layer, _ node: Graph.Node) -> Bool {
    guard node.outputShape.rank == 1, node.inputShapes.allSatisfy({ $0 == node.outputShape })
    else { return false }
    switch layer {
    case is Activation, is PReLU, is Dropout, is StochasticDepth, is GaussianNoise,
      is GaussianDropout, is ActivityRegularization, is Rescaling, is Normalization,
      is BatchNormalization, is LayerNormalization, is RMSNormalization, is UnitNormalization,
      is Flatten, is Reshape, is any MergingLayer:
      return true
    default: return false
    }
  }

  /// - Parameter shape: (H, W, C).
  private static func order(ofImage shape: Shape) -> [Int32]? {
    let (pixels, channels) = (shape[0] * shape[1], shape[2])
    guard pixels > 1, channels > 1, pixels * channels <= Int(Int32.max) else { return nil }
    return (0..<pixels).flatMap { pixel in
      (0..<channels).map { Int32($0 * pixels + pixel) }
    }
  }
}
