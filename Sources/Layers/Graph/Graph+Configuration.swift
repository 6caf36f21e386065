public import FoundationEssentials
public import PinionTensor

extension Graph {
  /// The configuration as JSON: hyperparameters, names and connections of the layers, nested
  /// graphs, and the layers that are not trainable.
  ///
  /// Throws `EncodingError` if a custom layer cannot be encoded.
  public func configuration() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(SavedFile(format: SavedFile.format, graph: SavedGraph(self)))
  }

  /// Decodes a configuration of the current or the first format.
  ///
  /// - Parameter registry: The types that it may contain.
  ///
  /// Throws ``GraphError`` if the configuration is invalid, contains unknown types, or is nested
  /// more than 64 levels deep.
  public init(configuration: Data, registry: TypeRegistry = .standard) throws {
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = registry
    do {
      // Limits the depth, because decoding is recursive.
      try JSONDocument.check(configuration, file: "the configuration", place: "JSON")
      switch try decoder.decode(SavedFormat.self, from: configuration).format {
      case 1: self = try decoder.decode(SavedChain.self, from: configuration).graph()
      case SavedFile.format:
        self = try decoder.decode(SavedFile.self, from: configuration).graph.graph()
      case let format:
        throw GraphError.configuration("format \(SavedFile.format) expected, \(format) found")
      }
    } catch let error as GraphError {
      throw error
    } catch let error as FileError {
      throw GraphError.configuration("expected \(error.expected), found \(error.found)")
    } catch let error as DecodingError {
      let (place, problem) = error.inWords
      throw GraphError.configuration(place.isEmpty ? problem : "\(place): \(problem)")
    } catch {
      throw GraphError.configuration("\(error)")
    }
  }
}

private struct SavedFormat: Decodable { let format: Int }

private struct SavedFile: Codable {
  static let format = 2

  let format: Int
  let graph: SavedGraph
}

/// The encoded form of a graph. Values are numbered: first the inputs, then the outputs of each
/// node; a node is a call of a layer or of a nested graph.
private struct SavedGraph: Codable {
  struct Input: Codable {
    let name: String
    let shape: Shape
  }

  struct Node: Codable {
    let layer: Int
    let inputs: [Int]
  }

  /// A layer or a nested graph. An entry without either refers to a layer of an earlier nested
  /// graph, which is also called outside of it, by its name in the outer graph.
  struct Entry: Codable {
    let name: String
    var layer: Configured<any Layer>?
    var graph: SavedGraph?
    /// Written only if false.
    var isTrainable: Bool?
    /// The names of a nested graph's layers that occurred before it, and theirs in the outer graph.
    var shared: [String: String]?
  }

  let name: String
  let kind: Graph.Kind
  let inputs: [Input]
  let outputs: [Int]
  /// In the order of their first calls.
  let layers: [Entry]
  let nodes: [Node]

  init(_ graph: Graph) {
    name = graph.name
    kind = graph.kind
    inputs = graph.inputs.map { Input(name: graph[$0].name, shape: graph[$0].shape) }
    var layers: [Entry] = []
    var nodes: [Node] = []
    var numbers: [ValueID: Int] = [:]
    var places: [String: Int] = [:]
    var known: Set<LayerID> = []
    func number(_ values: [ValueID]) {
      for value in values { numbers[value] = numbers.count }
    }
    func use(_ name: String, _ inputs: [ValueID], _ entry: () -> Entry) {
      if places[name] == nil {
        places[name] = layers.count
        layers.append(entry())
      }
      nodes.append(Node(layer: places[name]!, inputs: inputs.map { numbers[$0]! }))
    }
    number(graph.inputs)
    for step in graph.steps {
      switch step {
      case .node(let node):
        let layer = graph.layer(of: node)
        use(layer.name, node.inputs) {
          known.insert(layer.id).inserted
            ? Entry(
              name: layer.name, layer: Configured(wrappedValue: layer.layer),
              isTrainable: layer.isTrainable ? nil : false)
            : Entry(name: layer.name)
        }
        number([node.output])
      case .call(let group, let call):
        let group = graph.groups[group]
        use(group.name, call.inputs) {
          var shared: [String: String] = [:]
          for (layer, id) in zip(group.graph.layers, group.layers)
          where !known.insert(id).inserted {
            shared[layer.name] = graph[id].name
          }
          return Entry(
            name: group.name, graph: SavedGraph(group.graph),
            shared: shared.isEmpty ? nil : shared)
        }
        number(call.outputs)
      }
    }
    outputs = graph.outputs.map { numbers[$0]! }
    self.layers = layers
    self.nodes = nodes
  }

  /// The decoded graph, with the checks of a new one.
  func graph() throws -> Graph {
    var builder = GraphBuilder()
    var values = try inputs.map { try builder.addInput($0.shape, name: $0.name) }
    guard !values.isEmpty else { throw GraphError.configuration("\"\(name)\" has no inputs") }
    enum Place { case layer(LayerID), group(Int) }
    var places = [Place?](repeating: nil, count: layers.count)
    for node in nodes {
      guard layers.indices.contains(node.layer) else {
        throw GraphError.configuration(
          "a node calls layer \(node.layer); expected one of 0..<\(layers.count)")
      }
      let entry = layers[node.layer]
      let inputs = try SavedGraph.values(node.inputs, of: values, for: entry.name)
      switch (places[node.layer], entry.layer, entry.graph) {
      case (.layer(let id)?, _, _): values.append(try builder.use(id, on: inputs))
      case (.group(let group)?, _, _): values += try builder.use(group: group, on: inputs)
      case (nil, let layer?, nil):
        try GraphBuilder.validate(path: entry.name)
        places[node.layer] = .layer(LayerID(builder.layers.count))
        values.append(
          try builder.add(
            layer.wrappedValue, named: entry.name, isTrainable: entry.isTrainable ?? true,
            on: inputs))
      case (nil, nil, let graph?):
        try GraphBuilder.validate(name: entry.name)
        let inner = try graph.graph()
        let group = try builder.addGroup(
          inner, named: entry.name,
          sharing: SavedGraph.shared(entry.shared ?? [:], of: inner, builder))
        places[node.layer] = .group(group)
        values += try builder.use(group: group, on: inputs)
      case (nil, nil, nil):
        let id = try SavedGraph.layer(named: entry.name, of: builder)
        places[node.layer] = .layer(id)
        values.append(try builder.use(id, on: inputs))
      default:
        throw GraphError.configuration(
          "\"\(entry.name)\" must be either a layer or a graph")
      }
    }
    if let unused = places.firstIndex(where: { $0 == nil }) {
      throw GraphError.configuration("no node uses layer \"\(layers[unused].name)\"")
    }
    let results = try SavedGraph.values(outputs, of: values, for: "the outputs")
    guard Set(results).count == results.count, outputs.allSatisfy({ $0 >= inputs.count }) else {
      throw GraphError.configuration("outputs \(outputs) must be different values of layers")
    }
    return try builder.graph(
      name: name, kind: kind, inputs: Array(values.prefix(inputs.count)), outputs: results)
  }

  /// The layers that a nested graph shares with the outer one, by index in the former.
  private static func shared(
    _ names: [String: String], of graph: Graph, _ builder: GraphBuilder
  ) throws -> [Int: LayerID] {
    var shared: [Int: LayerID] = [:]
    for (inner, outer) in names {
      let id = try layer(named: outer, of: builder)
      guard let index = graph.layers.firstIndex(where: { $0.name == inner }),
        builder.layers[id].holds(graph.layers[index].layer)
      else {
        throw GraphError.configuration(
          "\"\(outer)\" is not the layer \"\(inner)\" of the nested graph \"\(graph.name)\"")
      }
      shared[index] = id
    }
    return shared
  }

  private static func layer(named name: String, of builder: GraphBuilder) throws -> LayerID {
    guard let layer = builder.layers.first(where: { $0.name == name }) else {
      throw GraphError.configuration("there is no layer \"\(name)\" before its second use")
    }
    return layer.id
  }

  static func values(
    _ numbers: [Int], of values: [ValueID], for name: String
  ) throws -> [ValueID] {
    guard !numbers.isEmpty, numbers.allSatisfy(values.indices.contains) else {
      throw GraphError.configuration(
        "\"\(name)\" takes values \(numbers); expected one or more of 0...\(values.count - 1)")
    }
    return numbers.map { values[$0] }
  }
}

/// The first format: one input, value 0, and one output, that of the last layer.
private struct SavedChain: Decodable {
  struct Entry: Decodable {
    let name: String
    @Configured var layer: any Layer
    let inputs: [Int]
  }

  let name: String
  let inputShape: Shape
  let layers: [Entry]

  func graph() throws -> Graph {
    var builder = GraphBuilder()
    var values = [try builder.addInput(inputShape)]
    var isChain = true
    for entry in layers {
      try GraphBuilder.validate(name: entry.name)
      isChain = isChain && entry.inputs == [values.count - 1]
      let inputs = try SavedGraph.values(entry.inputs, of: values, for: entry.name)
      values.append(try builder.add(entry.layer, named: entry.name, on: inputs))
    }
    return try builder.graph(
      name: name, kind: isChain ? .sequential : .functional, inputs: [values[0]],
      outputs: [values[values.count - 1]])
  }
}

extension TypeRegistry {
  /// All built-in types that the configuration of a network may contain.
  public static let standard = TypeRegistry([
    Activation.self, ActivityRegularization.self, Add.self, Average.self, AveragePool2D.self,
    BatchNormalization.self,
    BinaryCrossEntropy.self, BinaryFocalCrossEntropy.self, CategoricalCrossEntropy.self,
    CategoricalFocalCrossEntropy.self, CategoricalHinge.self, CELU.self, ClassToken.self,
    Concatenate.self, ConstantInitializer.self, Conv2D.self, Conv2DTranspose.self,
    CosineSimilarity.self, Cropping2D.self, Dense.self, DepthwiseConv2D.self, Dirac.self,
    Distillation.self, Dot.self, Dropout.self, ELU.self, Embedding.self, Exponential.self,
    Flatten.self, GaussianDropout.self, GaussianNoise.self, GELU.self, GlobalAveragePooling1D.self,
    GlobalAveragePooling2D.self, GlobalMaxPooling1D.self, GlobalMaxPooling2D.self,
    GroupNormalization.self, HardSigmoid.self, HardSwish.self, Hinge.self, Huber.self,
    IdentityInitializer.self, KLDivergence.self, L1L2.self, LayerNormalization.self, LeakyReLU.self,
    Linear.self, LogCosh.self, LogSoftmax.self, Maximum.self, MaxPool2D.self,
    MeanAbsoluteError.self, MeanAbsolutePercentageError.self, MeanSquaredError.self,
    MeanSquaredLogarithmicError.self, Minimum.self, Mish.self, MultiHeadAttention.self,
    Multiply.self, NonNegative.self, Normalization.self, NormConstraint.self, Orthogonal.self,
    OrthogonalRegularizer.self, Permute.self, Poisson.self, PositionEmbedding.self, PReLU.self,
    RandomNormal.self, RandomUniform.self, ReLU.self, ReLU6.self, RepeatVector.self, Rescaling.self,
    Reshape.self, RMSNormalization.self, SELU.self, SeparableConv2D.self, Sigmoid.self, SiLU.self,
    Softmax.self, Softplus.self, Softsign.self, SparseCategoricalCrossEntropy.self,
    SpatialDropout2D.self, SquaredHinge.self, StochasticDepth.self, Subtract.self, SummedLoss.self,
    Tanh.self, TruncatedNormal.self, UnitNormalization.self, UpSampling2D.self,
    VarianceScaling.self, ZeroPadding2D.self,
  ])
}
