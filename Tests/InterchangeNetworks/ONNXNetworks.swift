internal import ExampleNetworks
internal import NetworkZoo
package import Pinion
internal import RandomNetworks

/// Networks that are written as ONNX, with weights that differ from one another.
package enum ONNXNetworks {
  package struct Case {
    package let name: String
    package let network: Network
    /// The number of different elements of the first input if these are indices.
    package var vocabulary: Int?

    package init(name: String, network: Network, vocabulary: Int? = nil) {
      (self.name, self.network, self.vocabulary) = (name, network, vocabulary)
    }

    /// Uniform numbers or indices.
    package func inputs(samples: Int) -> [Tensor] {
      network.graph.inputShapes.enumerated().map { index, shape in
        let uniform = Tensor.uniform(
          shape: shape.prepending(samples), from: RandomStream(seed: 7, stream: UInt64(index)))
        guard index == 0, let vocabulary else { return uniform }
        return Tensor(
          shape: uniform.shape,
          elements: uniform.elements.map { ($0 * Float(vocabulary)).rounded(.down) })
      }
    }
  }

  /// The report's seven networks.
  package static func report() throws -> [Case] {
    try ReportNetwork.allCases.map { try Case(name: $0.rawValue, network: network($0.graph)) }
  }

  /// The zoo, with few channels.
  package static func zoo() throws -> [Case] {
    let graphs = [
      try Zoo.leNet5(), try Zoo.vgg16(width: 4), try Zoo.denseNet(depth: 16, growth: 4),
      try Zoo.uNet(input: [16, 16, 3], width: 2),
      try Zoo.mobileNetV2(input: [32, 32, 3], classes: 10, width: 0.25),
      try Zoo.efficientNetB0(input: [32, 32, 3], classes: 10, width: 0.25),
      try Zoo.resNet20(blocks: 1, width: 4),
      try Zoo.resNet18(input: [32, 32, 3], classes: 10, width: 4),
      try Zoo.wideResNet(depth: 10, width: 1),
      try Zoo.visionTransformer(width: 8, depth: 2, heads: 2),
    ]
    return try graphs.map { try Case(name: $0.name, network: network($0)) }
  }

  /// Some with several inputs or outputs.
  package static func random(_ numbers: Range<Int>) throws -> [Case] {
    try numbers.map { number in
      let random = try RandomNetwork(number)
      return Case(
        name: random.graph.name, network: try network(random.graph),
        vocabulary: random.vocabulary)
    }
  }

  /// A network for each layer and activation, with hyperparameters that are not the defaults.
  package static func layers() throws -> [Case] {
    let image: [any Layer] = [
      Conv2D(5, kernel: Size2D(2, 3), stride: Size2D(2, 1), padding: .same, activation: .tanh),
      Conv2D(4, kernel: 3, dilation: 2, groups: 2, usesBias: false),
      Conv2D(3, kernel: 4, stride: 3, padding: .same, activation: .softmax),
      DepthwiseConv2D(kernel: Size2D(3, 2), stride: 2, padding: .same, depthMultiplier: 3),
      SeparableConv2D(5, kernel: 3, padding: .same, depthMultiplier: 2, activation: .elu),
      Conv2DTranspose(3, kernel: 3, stride: 2, padding: .same),
      Conv2DTranspose(3, kernel: 2, stride: 3), Conv2DTranspose(2, kernel: 4, stride: 2),
      Conv2DTranspose(3, kernel: 3, stride: 2, padding: .same, outputPadding: 0),
      Conv2DTranspose(3, kernel: 4, stride: 3, outputPadding: 2),
      MaxPool2D(3, stride: 2, padding: .same), AveragePool2D(3, stride: 2, padding: .same),
      MaxPool2D(Size2D(2, 3)), GlobalAveragePooling2D(), GlobalMaxPooling2D(keepDims: true),
      BatchNormalization(), BatchNormalization(axis: 1, center: false),
      BatchNormalization(axis: 2, epsilon: 0.1, scale: false),
      LayerNormalization(), LayerNormalization(axes: [1, 2, 3], epsilon: 0.1),
      GroupNormalization(groups: 2), GroupNormalization(groups: -1, axis: 1, epsilon: 0.1),
      RMSNormalization(), UnitNormalization(axes: [2, 3]),
      Normalization(mean: [1, 2, 3, 4], variance: [1, 4, 0, 2]), Rescaling(2, offset: -1),
      ZeroPadding2D(Edges2D(top: 1, bottom: 2, left: 3, right: 0)),
      Cropping2D(Edges2D(top: 1, bottom: 2, left: 0, right: 3)), UpSampling2D(Size2D(2, 3)),
      UpSampling2D(2, interpolation: .bilinear), PReLU(sharedAxes: [1, 2]), PReLU(),
      Permute([3, 1, 2]), Reshape([2, -1, 4]), Flatten(), Dense(3, activation: .relu),
      Dropout(0.5), SpatialDropout2D(0.5), GaussianNoise(0.5), GaussianDropout(0.5),
      StochasticDepth(0.5),
    ]
    let sequence: [any Layer] = [
      MultiHeadAttention(2, keyDim: 3, valueDim: 5, usesCausalMask: true),
      MultiHeadAttention(3, keyDim: 2, outputDim: 7, usesBias: false), PositionEmbedding(),
      ClassToken(tokenInitializer: .randomUniform), GlobalAveragePooling1D(),
      GlobalMaxPooling1D(keepDims: true), BatchNormalization(), LayerNormalization(),
      GroupNormalization(groups: 2), Dense(3),
    ]
    let vector: [any Layer] = [
      RepeatVector(3), BatchNormalization(), LayerNormalization(), GroupNormalization(groups: 3),
      PReLU(), Dense(4, usesBias: false), Flatten(), UnitNormalization(),
    ]
    var cases: [Case] = []
    for (index, (shape, layer))
      in (image.map { ([7, 8, 4] as Shape, $0) } + sequence.map { ([5, 6], $0) }
      + vector.map { ([6], $0) }).enumerated()
    {
      let input = Input(shape)
      // Behind a convolution or an activation, so that both layouts occur.
      let inner = shape.rank == 3 && index % 2 == 0 ? Conv2D(4, kernel: 1)(input) : input
      cases.append(
        try named("layer_\(index)", Graph(input: input, output: apply(layer, to: inner))))
    }
    let functions: [any ActivationFunction] = [
      ReLU(), LeakyReLU(negativeSlope: 0.1), ELU(alpha: 0.5), CELU(alpha: 2), SELU(), Sigmoid(),
      Tanh(), Softsign(), Softplus(), Exponential(), HardSigmoid(), HardSwish(), ReLU6(), SiLU(),
      Mish(), GELU(), GELU(approximate: true), Softmax(), LogSoftmax(), Linear(),
    ]
    for (index, function) in functions.enumerated() {
      let input = Input([4, 5, 3])
      let x = Conv2D(3, kernel: 1)(input)
      cases.append(
        try named("function_\(index)", Graph(input: input, output: activate(function, x))))
    }
    return cases + (try merging())
  }

  /// Layers of several inputs, of equal and of different shapes, in both layouts.
  private static func merging() throws -> [Case] {
    let input = Input([4, 5, 3])
    let x = Conv2D(3, kernel: 1)(input)
    let y = Conv2D(3, kernel: 1)(input)
    let row = GlobalAveragePooling2D()(x)
    let cell = GlobalAveragePooling2D(keepDims: true)(x)
    let indices = Input([4])
    var cases = [
      Add()(x, y, input), Subtract()(x, y), Multiply()(x, row), Multiply()(x, cell),
      Average()(x, y, input), Maximum()(x, y), Minimum()(input, input), Concatenate()(x, y, input),
      Concatenate()(input, x), Concatenate(axis: 1)(x, y), Dot(axis: 1)(x, y),
      Dot(axes: [1, 3])(row, x), Dot()(row, row),
    ].enumerated().map { ("merge_\($0)", input, $1) }
    cases.append(("embedding", indices, Embedding(9, 3)(indices)))
    return try cases.map { name, input, output in
      try named(
        name, Graph(input: input, output: output), vocabulary: name == "embedding" ? 9 : nil)
    }
  }

  private static func apply(_ layer: some Layer, to x: SymbolicTensor) -> SymbolicTensor {
    layer(x)
  }

  private static func activate(_ f: some ActivationFunction, _ x: SymbolicTensor) -> SymbolicTensor
  { Activation(f)(x) }

  private static func named(
    _ name: String, _ graph: Graph, vocabulary: Int? = nil
  ) throws -> Case {
    Case(name: name, network: try network(graph), vocabulary: vocabulary)
  }

  /// Initial weights, but vectors that differ from zeros and ones.
  private static func network(_ definition: some ModelDefinition) throws -> Network {
    let network = Network(definition, seed: 3)
    for entry in network.weights.entries
    where entry.shape.rank == 1 || entry.name.hasSuffix("alpha") {
      let view = network.weights.view(of: entry)
      let change = Tensor.uniform(
        shape: [view.count], from: RandomStream(seed: 5, purpose: entry.name))
      for index in view.indices { view[index] += (change.elements[index] - 0.5) / 2 }
    }
    return network
  }
}
