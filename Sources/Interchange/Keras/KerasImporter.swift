internal import PinionLayers
internal import PinionTensor

/// Converts a Keras model to a graph of Pinion.
struct KerasImporter {
  /// Layers that were made, by their number, for further models in which they occur.
  private var known: [Int: any Layer] = [:]
  private(set) var problems: [String] = []
  /// The layers' arrays.
  private let source: HDF5File

  init(_ source: HDF5File) { self.source = source }

  /// The graph, with names that are Keras's. Its shapes are checked.
  ///
  /// Throws ``GraphError``, `KerasFlaw`; ``KerasError`` if anything is not supported.
  mutating func graph(_ model: KerasModel) throws -> Graph {
    let graph = try build(model)
    guard let graph, problems.isEmpty else { throw KerasError.unsupported(problems) }
    // At the end, since a layer of several models is frozen in all of them.
    return try Self.owners(model, graph).reduce(into: graph) { frozen, layer in
      if !layer.isTrainable { frozen = try frozen.freezing(layer.owner.name) }
    }
  }

  /// Nil if there are problems, all of which are then in ``problems``.
  private mutating func build(_ model: KerasModel) throws -> Graph? {
    let before = problems.count
    var makers: [KerasMaker?] = []
    for layer in model.layers { makers.append(try maker(layer)) }
    var shapes: [Shape] = []
    for input in model.inputs { shapes.append(try shape(of: model.layers[input.layer])) }
    guard problems.count == before else { return nil }
    if model.isChain {
      let parts = makers.compactMap { maker -> LayerBuilder.Part? in
        switch maker {
        case .layer(let make)?: .layer(make(true))
        case .graph(let graph)?: .graph(graph)
        case nil: nil
        }
      }
      return try Sequential(input: shapes[0], name: Self.valid(model.name)) { parts }.graph
    }
    return try connect(model, makers, shapes)
  }

  private func connect(
    _ model: KerasModel, _ makers: [KerasMaker?], _ shapes: [Shape]
  ) throws -> Graph {
    var tensors: [KerasModel.Value: [SymbolicTensor]] = [:]
    var inputs: [SymbolicTensor] = []
    for (input, shape) in zip(model.inputs, shapes) {
      let tensor = Input(shape, name: Self.valid(model.layers[input.layer].name))
      tensors[input.ofCall] = [tensor]
      inputs.append(tensor)
    }
    // Calls in an order in which their inputs exist.
    var waiting: [KerasModel.Value: Int] = [:]
    var readers: [KerasModel.Value: [KerasModel.Value]] = [:]
    var ready: [KerasModel.Value] = []
    for (place, layer) in model.layers.enumerated() where makers[place] != nil {
      for (number, call) in layer.calls.enumerated() {
        let value = KerasModel.Value(layer: place, call: number)
        var missing = Set(call.inputs.map(\.ofCall)).filter { tensors[$0] == nil }
        // The calls of a layer in their order, which is that of their names.
        if number > 0 { missing.insert(.init(layer: place, call: number - 1)) }
        waiting[value] = missing.count
        for input in missing { readers[input, default: []].append(value) }
        if missing.isEmpty { ready.append(value) }
      }
    }
    ready.reverse()
    var made: [Int: any Layer] = [:]
    while let next = ready.popLast() {
      let arguments = model.layers[next.layer].calls[next.call].inputs.map {
        tensors[$0.ofCall]![$0.output]
      }
      switch makers[next.layer] {
      case .layer(let make)?:
        // A layer without an identity is a new one at every call, and needs another name then.
        let layer = made[next.layer] ?? make(true)
        let isKnown = made[next.layer] != nil
        made[next.layer] = layer
        let called = isKnown && !layer.identity.isKnown ? make(false) : layer
        tensors[next] = [Self.call(called, arguments)]
      case .graph(let graph)?:
        guard arguments.count == graph.inputs.count else {
          throw KerasFlaw(
            "\(graph.inputs.count) inputs of \(graph.name)", .integer(arguments.count))
        }
        tensors[next] = graph.outputs(for: arguments)
      case nil: break
      }
      for reader in (readers[next] ?? []).reversed() {
        waiting[reader]! -= 1
        if waiting[reader] == 0 { ready.append(reader) }
      }
    }
    let outputs = try model.outputs.map { output in
      guard let tensor = tensors[output.ofCall]?[output.output] else {
        throw KerasFlaw("a graph without cycles", .text(model.layers[output.layer].name))
      }
      return tensor
    }
    return try Graph(inputs: inputs, outputs: outputs, name: Self.valid(model.name))
  }

  private static func call(_ layer: some Layer, _ inputs: [SymbolicTensor]) -> SymbolicTensor {
    layer.output(for: inputs)
  }

  /// The maker of a layer; nil for an input.
  private mutating func maker(_ layer: KerasModel.Layer) throws -> KerasMaker? {
    if layer.isInput { return nil }
    if let model = layer.model {
      guard let graph = try build(model) else { return nil }
      return .graph(graph)
    }
    guard layer.part.isOfKeras else {
      problems.append(
        "\(layer.name) (\(layer.part.className)): no such layer in \(layer.part.module)")
      return nil
    }
    if let sharing = layer.sharing, let known = known[sharing] { return .layer { _ in known } }
    var config = layer.part.config
    var options: [String: KerasValue] = [:]
    for call in layer.calls { options.merge(call.options) { $1 } }
    for (key, option) in options where !["training", "mask", "deterministic"].contains(key) {
      config[key] = option
    }
    let (source, values) = (source, config)
    func arguments(_ name: String?) -> KerasArguments {
      KerasArguments(values, name: name) { index in
        guard let path = layer.path(ofArray: index), let entry = source.entries[path] else {
          return nil
        }
        let buffer = AlignedBuffer(count: entry.shape.elementCount)
        try source.read(path, entry, into: buffer.view)
        return buffer.view.array
      }
    }
    let name = Self.valid(layer.name)
    let reading = arguments(name)
    guard let made = KerasLayers.layer(layer.part.className, reading) else {
      problems.append("\(layer.name) (\(layer.part.className)): no such layer")
      return nil
    }
    let found = reading.finish()
    problems += found.map { "\(layer.name) (\(layer.part.className)): \($0)" }
    guard found.isEmpty else { return nil }
    if let sharing = layer.sharing { known[sharing] = made }
    return .layer { isFirst in
      isFirst ? made : KerasLayers.layer(layer.part.className, arguments(nil)) ?? made
    }
  }

  private mutating func shape(of layer: KerasModel.Layer) throws -> Shape {
    let config = layer.part.config
    guard let sizes = (config["batch_shape"] ?? config["batch_input_shape"])?.list else {
      throw KerasFlaw("shape of the input \(layer.name)", config["batch_shape"])
    }
    let known = sizes.dropFirst().map { $0.integer ?? 0 }
    if !known.allSatisfy({ $0 > 0 }) || known.count > 16 {
      problems.append("\(layer.name) (InputLayer): shape \(KerasValue.list(sizes).words)")
    }
    return Shape(known)
  }

  /// Pinion's names have no slashes.
  private static func valid(_ name: String) -> String {
    String(name.map { $0 == "/" ? "_" : $0 })
  }

  // MARK: Names

  private struct Owner {
    let layer: KerasModel.Layer
    let owner: GraphLayer
    let isTrainable: Bool
    /// The name of the layer of the outermost model that is or contains this layer.
    let outer: String
  }

  /// The layers of a graph that were made of a model's, in Keras's order, with their layers in the
  /// graph.
  private static func owners(_ model: KerasModel, _ graph: Graph) -> [Owner] {
    var owners: [Owner] = []
    func collect(
      _ model: KerasModel, _ part: Graph, _ layers: [LayerID], _ isTrainable: Bool,
      _ outer: String?
    ) {
      var places: [String: LayerID] = [:]
      for (layer, id) in zip(part.layers, layers) { places[layer.name] = id }
      for layer in model.layers {
        let name = valid(layer.name)
        if let nested = layer.model {
          guard let group = part.groups.first(where: { $0.name == name }) else { continue }
          collect(
            nested, group.graph, group.layers.map { layers[$0.index] },
            isTrainable && layer.isTrainable, outer ?? layer.name)
        } else if let id = places[name] {
          owners.append(
            Owner(
              layer: layer, owner: graph[id], isTrainable: isTrainable && layer.isTrainable,
              outer: outer ?? layer.name))
        }
      }
    }
    collect(model, graph, graph.layers.map(\.id), true, nil)
    return owners
  }

  /// The path of each parameter's array.
  static func paths(_ model: KerasModel, _ graph: Graph) -> [(name: String, path: [String])] {
    owners(model, graph).flatMap { found in
      found.layer.paths(of: found.owner.parameters).map {
        ("\(found.owner.name)/\($0.parameter)", $0.path)
      }
    }
  }

  /// The names of the parameters in each layer of the outermost model, as ``KerasListFile`` lists
  /// their arrays.
  static func parameterLists(
    _ model: KerasModel, _ graph: Graph
  ) -> [(layer: String, names: [String])] {
    let owners = Dictionary(grouping: owners(model, graph), by: \.outer)
    return model.layers.map { layer in
      let inside = (owners[layer.name] ?? []).map { ($0.owner, $0.isTrainable) }
      return (layer.name, KerasListFile.names(inside))
    }
  }
}

/// The counterpart of a Keras layer.
private enum KerasMaker {
  /// - Parameter isFirst: Whether the layer gets its name.
  case layer((_ isFirst: Bool) -> any Layer)
  case graph(Graph)
}
