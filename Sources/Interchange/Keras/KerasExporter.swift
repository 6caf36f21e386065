internal import PinionLayers
internal import PinionTensor

/// Converts a graph to a Keras configuration.
struct KerasExporter {
  /// The reasons why layers cannot be written, with the layers' names.
  private(set) var problems: [String] = []
  private(set) var model: KerasModel

  private let graph: Graph
  private var names: [LayerID: [String]] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    model = KerasModel(name: graph.name, isChain: true)
    model = describe(graph, layers: graph.layers.map(\.id))
    model.arrange()
    model.setFolders()
    // Keras writes such layers, but cannot read them: its calls of a layer are numbered over all
    // models.
    for layer in graph.layers where model.sharedLayers.contains(8 * layer.id.index) {
      problems.append("\(layer.name) (\(layer.typeName)): called in several graphs")
    }
  }

  /// - Parameter layers: The outermost graph's layer for each one of `part`.
  private mutating func describe(_ part: Graph, layers: [LayerID]) -> KerasModel {
    let model = KerasModel(name: Self.valid(part.name), isChain: part.kind == .sequential)
    var used: Set<String> = []
    func unique(_ name: String) -> String {
      let base = Self.valid(name)
      var (result, number) = (base, 1)
      while !used.insert(result).inserted {
        result = "\(base)_\(number)"
        number += 1
      }
      return result
    }
    var values: [ValueID: KerasModel.Value] = [:]
    for input in part.inputs {
      let value = KerasModel.Value(layer: model.layers.count, call: 0)
      let shape: [KerasValue] = [.nothing] + part[input].shape.map { .integer($0) }
      let config: [String: KerasValue] = ["batch_shape": .list(shape), "dtype": "float32"]
      model.layers.append(
        .init(
          part: KerasPart("InputLayer", config), name: unique(part[input].name),
          calls: [.init(inputs: [], shapes: [part[input].shape])]))
      values[input] = value
      model.inputs.append(value)
    }
    var places: [LayerID: [Int]] = [:]
    var groups: [Int: Int] = [:]
    for step in part.steps {
      switch step {
      case .node(let node):
        let layer = part.layer(of: node)
        let source = layers[node.layer.index]
        if places[source] == nil {
          places[source] = add(layer, source, rank: node.outputShape.rank, to: model, unique)
        }
        var inputs = node.inputs.map { values[$0]! }
        if layer.layer is MultiHeadAttention {
          if inputs.count == 1 { inputs.append(inputs[0]) }
          if Set(node.inputShapes.map(\.rank)).count > 1 {
            problems.append("\(layer.name) (\(layer.typeName)): inputs of different ranks")
          }
        }
        for (index, place) in places[source]!.enumerated() {
          let isList = index == 0 && layer.layer.inputCount.upperBound > 1
          let isAttention = layer.layer is MultiHeadAttention
          var call = KerasModel.Call(
            inputs: inputs, shapes: [node.outputShape], isList: isList && !isAttention)
          if (layer.layer as? MultiHeadAttention)?.usesCausalMask == true {
            call.options["use_causal_mask"] = .truth(true)
          }
          model.layers[place].calls.append(call)
          inputs = [.init(layer: place, call: model.layers[place].calls.count - 1)]
        }
        values[node.output] = inputs[0]
      case .call(let index, let call):
        let group = part.groups[index]
        if groups[index] == nil {
          let nested = describe(group.graph, layers: group.layers.map { layers[$0.index] })
          groups[index] = model.layers.count
          model.layers.append(
            .init(
              part: KerasPart(nested.className, [:], module: nested.module),
              name: unique(group.name),
              model: nested))
        }
        let place = groups[index]!
        model.layers[place].calls.append(
          .init(
            inputs: call.inputs.map { values[$0]! }, shapes: group.graph.outputShapes,
            isList: call.inputs.count > 1))
        let number = model.layers[place].calls.count - 1
        for (output, value) in call.outputs.enumerated() {
          values[value] = .init(layer: place, call: number, output: output)
        }
      }
    }
    model.outputs = part.outputs.map { values[$0]! }
    // A `Sequential` of Keras consists of layers with one input.
    let isChain = model.layers.allSatisfy { layer in
      (!layer.part.isFunction || layer.model != nil) && layer.calls.count == 1
        && layer.calls.allSatisfy { $0.inputs.count <= 1 && !$0.isList && $0.options.isEmpty }
    }
    model.isChain = model.isChain && isChain
    return model
  }

  /// Adds the Keras layers that compute a layer of Pinion; returns their indices.
  private mutating func add(
    _ layer: GraphLayer, _ source: LayerID, rank: Int, to model: KerasModel,
    _ unique: (String) -> String
  ) -> [Int] {
    let (parts, found) = KerasLayers.parts(of: layer.layer, rank: rank)
    if names[source] == nil {
      problems += found.map { "\(layer.name) (\(layer.typeName)): \($0)" }
      names[source] = parts.indices.map { unique($0 == 0 ? layer.name : "\(layer.name)_function") }
    } else {
      for name in names[source]! { _ = unique(name) }
    }
    return zip(parts, names[source]!).enumerated().map { index, pair in
      model.layers.append(
        .init(
          part: pair.0, name: pair.1, isTrainable: layer.isTrainable,
          sharing: 8 * source.index + index, source: index == 0 ? source : nil))
      return model.layers.count - 1
    }
  }

  /// Keras's names have no slashes.
  private static func valid(_ name: String) -> String {
    String(name.map { $0 == "/" ? "_" : $0 })
  }

  /// The path of each parameter's array, by names such as `conv2d_1/kernel`, in Keras's order.
  var paths: [(name: String, path: [String])] {
    var paths: [(String, [String])] = []
    func collect(_ model: KerasModel) {
      for layer in model.layers where layer.folder != nil {
        if let nested = layer.model { collect(nested) }
        guard let source = layer.source else { continue }
        let owner = graph[source]
        for (parameter, path) in layer.paths(of: owner.parameters) {
          paths.append(("\(owner.name)/\(parameter)", path))
        }
      }
    }
    collect(model)
    return paths
  }

  /// The names of the parameters in each layer of the outermost model, as ``KerasListFile`` lists
  /// their arrays.
  var parameterLists: [(layer: String, names: [String])] {
    func sources(_ layer: KerasModel.Layer) -> [LayerID] {
      guard let nested = layer.model else { return layer.source.map { [$0] } ?? [] }
      return nested.layers.flatMap(sources)
    }
    var seen: Set<LayerID> = []
    return model.layers.map { layer in
      let owners = sources(layer).filter { seen.insert($0).inserted }.map { graph[$0] }
      return (layer.name, KerasListFile.names(owners.map { ($0, $0.isTrainable) }))
    }
  }
}

// MARK: Configuration

extension KerasModel {
  /// The configuration of the model and of those in it.
  var json: KerasValue {
    let shared = sharedLayers
    return .object([
      "module": .text(module), "class_name": .text(className), "registered_name": .nothing,
      "config": config(shared),
    ])
  }

  /// The numbers of layers that occur in several models.
  fileprivate var sharedLayers: Set<Int> {
    var counts: [Int: Int] = [:]
    func count(_ model: KerasModel) {
      for layer in model.layers {
        if let model = layer.model { count(model) }
        if let sharing = layer.sharing { counts[sharing, default: 0] += 1 }
      }
    }
    count(self)
    return Set(counts.filter { $0.value > 1 }.keys)
  }

  private func config(_ shared: Set<Int>) -> KerasValue {
    let layers = layers.map { layer in
      var members: [String: KerasValue] = [
        "module": .text(layer.part.module), "class_name": .text(layer.part.className),
        "registered_name": .nothing,
      ]
      if let model = layer.model {
        var config = model.config(shared).members ?? [:]
        config["name"] = .text(layer.name)
        members["class_name"] = .text(model.className)
        members["config"] = .object(config)
      } else {
        var config = layer.part.config
        config["name"] = .text(layer.name)
        if !layer.isTrainable, !layer.part.isFunction { config["trainable"] = .truth(false) }
        members["config"] = .object(config)
        if let sharing = layer.sharing, shared.contains(sharing) {
          members["shared_object_id"] = .integer(sharing)
        }
      }
      guard !isChain else { return KerasValue.object(members) }
      members["name"] = .text(layer.name)
      members["inbound_nodes"] = .list(
        layer.calls.filter { !$0.inputs.isEmpty }.map { call in
          let tensors = call.inputs.map(tensor)
          return .object([
            "args": .list(call.isList ? [.list(tensors)] : tensors),
            "kwargs": .object(call.options),
          ])
        })
      return .object(members)
    }
    var members: [String: KerasValue] = ["name": .text(name), "layers": .list(layers)]
    guard !isChain else { return .object(members) }
    members["trainable"] = .truth(true)
    func list(_ values: [Value]) -> KerasValue {
      let places = values.map(place)
      return places.count == 1 ? places[0] : .list(places)
    }
    members["input_layers"] = list(inputs)
    members["output_layers"] = list(outputs)
    return .object(members)
  }

  private func tensor(_ value: Value) -> KerasValue {
    let shape = layers[value.layer].calls[value.call].shapes[value.output]
    return .object([
      "class_name": "__keras_tensor__",
      "config": .object([
        "shape": .list([.nothing] + shape.map { .integer($0) }), "dtype": "float32",
        "keras_history": .list([
          .text(layers[value.layer].name), .integer(value.call), .integer(value.output),
        ]),
      ]),
    ])
  }

  /// An input or output of the model. Keras counts the calls of nested graphs from 1 there.
  private func place(_ value: Value) -> KerasValue {
    let isGraph = layers[value.layer].model.map { !$0.isChain } ?? false
    return .list([
      .text(layers[value.layer].name), .integer(value.call + (isGraph ? 1 : 0)),
      .integer(value.output),
    ])
  }
}
