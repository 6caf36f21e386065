internal import PinionTensor

/// Adds inputs, layers, nodes and nested graphs to a graph in topological order; checks shapes and
/// chooses names.
struct GraphBuilder {
  private(set) var values: [Graph.Value] = []
  private(set) var layers: [GraphLayer] = []
  private(set) var nodes: [Graph.Node] = []
  var groups: [Graph.Group] = []
  /// The names of layers, values and nested graphs.
  var names: Set<String> = []
  private var counts: [String: Int] = [:]
  /// The number of nodes of each layer.
  private var uses: [Int] = []
  /// Layers by identity.
  var occurrences: [ObjectIdentifier: [LayerID]] = [:]

  /// Adds an input. All inputs precede the first layer.
  ///
  /// - Parameter name: Nil for `input_layer`, `input_layer_1`, …, assigned when the graph is
  ///   complete, so that layers may have these names.
  mutating func addInput(_ shape: Shape, name: String? = nil) throws -> ValueID {
    guard SizeLimits.allow(shape) else { throw GraphError.inputShape(shape) }
    if let name {
      try Self.validate(name: name)
      guard names.insert(name).inserted else { throw GraphError.duplicateName(name) }
    }
    let id = ValueID(values.count)
    values.append(Graph.Value(id: id, name: name ?? "", shape: shape, producer: nil))
    return id
  }

  /// Adds a node. A copy of a layer that is already in the graph, or in a nested graph, reuses it;
  /// any other becomes a new layer, named by its type (`conv2d`, `conv2d_1`, as in Keras) unless it
  /// has a name.
  mutating func add(_ layer: any Layer, on inputs: [ValueID]) throws -> ValueID {
    if let first = existing(layer) { return try use(first, on: inputs) }
    if let key = layer.identity.key {
      occurrences[key, default: []].append(LayerID(layers.count))
    }
    let name = layer.name ?? freeName(Self.snakeCase(type(of: layer).typeName))
    try Self.validate(name: name)
    return try add(layer, named: name, on: inputs)
  }

  /// Adds a new layer and its first node. The name may be a path, `backbone/conv2d`.
  mutating func add(
    _ layer: any Layer, named name: String, isTrainable: Bool = true, on inputs: [ValueID]
  ) throws -> ValueID {
    guard !names.contains(name) else { throw GraphError.duplicateName(name) }
    let entry = GraphLayer(
      id: LayerID(layers.count), name: name, layer: layer,
      inputShapes: inputs.map { values[$0].shape }, isTrainable: isTrainable)
    let outputShape = try Self.outputShape(of: entry, for: entry.inputShapes)
    layers.append(entry)
    uses.append(0)
    return try addNode(entry, inputs, outputShape)
  }

  /// Adds another node of a layer, which shares its parameters with the others.
  mutating func use(_ id: LayerID, on inputs: [ValueID]) throws -> ValueID {
    let layer = layers[id]
    let shapes = inputs.map { values[$0].shape }
    let outputShape = try Self.outputShape(of: layer, for: shapes)
    func described(_ parameters: [Parameter]) -> String {
      parameters.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    }
    let (first, other) = (layer.parameters, try layer.layer.parameters(for: shapes))
    guard described(first) == described(other) else {
      throw GraphError.layer(
        name: layer.name, type: layer.typeName, inputs: shapes,
        LayerError(
          "inputs for which a shared layer has the parameters of its first use, "
            + described(first), received: described(other)))
    }
    return try addNode(layer, inputs, outputShape)
  }

  private mutating func addNode(
    _ layer: GraphLayer, _ inputs: [ValueID], _ outputShape: Shape
  ) throws -> ValueID {
    guard nodes.count < SizeLimits.nodes else { throw GraphError.tooLarge }
    let name = uses[layer.id] == 0 ? layer.name : "\(layer.name)[\(uses[layer.id])]"
    guard names.insert(name).inserted else { throw GraphError.duplicateName(name) }
    uses[layer.id] += 1
    let node = Graph.Node(
      id: NodeID(nodes.count), name: name, layer: layer.id, inputs: inputs,
      output: ValueID(values.count), inputShapes: inputs.map { values[$0].shape },
      outputShape: outputShape)
    nodes.append(node)
    values.append(
      Graph.Value(id: node.output, name: name, shape: outputShape, producer: node.id))
    return node.output
  }

  consuming func graph(
    name: String, kind: Graph.Kind = .functional, inputs: [ValueID], outputs: [ValueID]
  ) throws -> Graph {
    guard !nodes.isEmpty else { throw GraphError.empty }
    try requireUniqueParameters()
    var parameterCount = 0
    for layer in layers {
      parameterCount += layer.parameterCount
      guard parameterCount < SizeLimits.elements else {
        throw GraphError.layer(
          name: layer.name, type: layer.typeName, inputs: layer.inputShapes,
          LayerError(
            "fewer than \(SizeLimits.elements) parameters in the whole graph",
            received: "\(parameterCount) up to this layer"))
      }
    }
    for id in inputs where values[id].name.isEmpty {
      values[id] = Graph.Value(
        id: id, name: freeName("input_layer"), shape: values[id].shape, producer: nil)
    }
    return Graph(
      name: name, kind: kind, inputs: inputs, outputs: outputs, values: values, layers: layers,
      nodes: nodes, groups: groups)
  }

  /// Names with slashes are ambiguous: layer `a`, parameter `b/c`, and layer `a/b`, parameter `c`.
  private func requireUniqueParameters() throws {
    guard layers.contains(where: { $0.name.contains("/") }) else { return }
    var names: Set<String> = []
    for layer in layers {
      for parameter in layer.parameters {
        let name = "\(layer.name)/\(parameter.name)"
        guard names.insert(name).inserted else { throw GraphError.duplicateName(name) }
      }
    }
  }

  /// The shape of a layer's output. Throws unless the layer accepts inputs of these shapes and its
  /// parameters are valid.
  private static func outputShape(of entry: GraphLayer, for shapes: [Shape]) throws -> Shape {
    let layer = entry.layer
    guard layer.inputCount.contains(shapes.count) else {
      throw GraphError.inputCount(
        name: entry.name, type: entry.typeName, expected: layer.inputCount,
        received: shapes.count)
    }
    do {
      let outputShape = try layer.outputShape(for: shapes)
      try layer.activityRegularizer?.validate()
      try SizeLimits.require(outputShape, of: "an output")
      for parameter in try layer.parameters(for: shapes) {
        try SizeLimits.require(parameter.shape, of: "a parameter \(parameter.name)")
        try parameter.initializer.validate(for: parameter.shape)
        try parameter.initializer.validate()
        try parameter.regularizer?.validate()
        try parameter.constraint?.validate(for: parameter.shape)
      }
      return outputShape
    } catch let error as LayerError {
      throw GraphError.layer(
        name: entry.name, type: entry.typeName, inputs: shapes, error)
    }
  }

  // MARK: Names

  /// `base`, or the first of `base_1`, `base_2`, … that is not in use.
  mutating func freeName(_ base: String) -> String {
    while true {
      let count = counts[base, default: 0]
      counts[base] = count + 1
      let name = count == 0 ? base : "\(base)_\(count)"
      if !names.contains(name) { return name }
    }
  }

  /// Throws ``GraphError/invalidName(_:)`` unless the name is valid for a layer.
  static func validate(name: String) throws {
    guard !name.isEmpty, !name.contains("/") else { throw GraphError.invalidName(name) }
  }

  /// Throws ``GraphError/invalidName(_:)`` unless the path is valid for a layer of a nested graph.
  static func validate(path: String) throws {
    for part in path.split(separator: "/", omittingEmptySubsequences: false) where part.isEmpty {
      throw GraphError.invalidName(path)
    }
  }

  /// `BatchNormalization` → `batch_normalization`, `Conv2D` → `conv2d`, `MaxPooling2D` →
  /// `max_pooling2d`.
  static func snakeCase(_ name: String) -> String {
    var result = ""
    var previous: Character?
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      if character.isUppercase, let previous {
        let next = index + 1 < characters.count ? characters[index + 1] : nil
        let startsWord = previous.isLowercase || (previous.isUppercase && next?.isLowercase == true)
        if startsWord { result.append("_") }
      }
      result.append(contentsOf: character.lowercased())
      previous = character
    }
    return result
  }
}
