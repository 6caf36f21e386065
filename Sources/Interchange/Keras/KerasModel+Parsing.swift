internal import PinionLayers
internal import PinionTensor

extension KerasModel {
  /// Reads the configuration of a model.
  ///
  /// - Parameters:
  ///   - json: An object with `class_name` and `config`.
  ///   - problems: Receives what is not supported, with the layers' names.
  ///
  /// Throws `KerasFlaw` if the configuration is not one of a model.
  convenience init(parsing json: KerasValue, _ problems: inout [String]) throws(KerasFlaw) {
    guard let config = json["config"] else { throw KerasFlaw("config", .nothing) }
    guard let layers = config["layers"]?.list ?? config.list else {
      throw KerasFlaw("config.layers", config["layers"])
    }
    let className = json["class_name"]?.text
    let isChain = className == "Sequential"
    guard isChain || className == "Functional" || className == "Model" else {
      throw KerasFlaw("class_name: Sequential or Functional", json["class_name"])
    }
    self.init(name: config["name"]?.text ?? "model", isChain: isChain)
    if isChain {
      try parseChain(layers, config, &problems)
    } else {
      try parseGraph(layers, config, &problems)
    }
  }

  /// The layer without calls.
  private static func layer(
    _ json: KerasValue, _ problems: inout [String]
  ) throws(KerasFlaw) -> Layer {
    guard let className = json["class_name"]?.text, let config = json["config"]?.members else {
      throw KerasFlaw("layer", json)
    }
    guard let name = (json["name"] ?? config["name"])?.text, !name.isEmpty else {
      throw KerasFlaw("name of a layer of class \(className)", config["name"])
    }
    // Without a module: a layer in a file of Keras 2, a registered class of a program in Keras 3.
    let registered = json["registered_name"]?.text
    var layer = Layer(
      part: KerasPart(
        className, config, module: json["module"]?.text ?? registered ?? "keras.layers"), name: name
    )
    layer.isTrainable = config["trainable"] != .truth(false)
    layer.sharing = json["shared_object_id"]?.integer
    if ["Sequential", "Functional", "Model"].contains(className) {
      let model = try KerasModel(parsing: json, &problems)
      model.name = name
      layer.model = model
    }
    return layer
  }

  private func parseChain(
    _ list: [KerasValue], _ config: KerasValue, _ problems: inout [String]
  ) throws(KerasFlaw) {
    for json in list { layers.append(try Self.layer(json, &problems)) }
    if let first = layers.first, !first.isInput {
      // The shape of the input is stored in the first layer or in the chain.
      var shape = first.part.config["batch_input_shape"] ?? first.part.config["batch_shape"]
      shape = shape ?? config["build_input_shape"]
      if let model = first.model, shape == nil, let input = model.inputs.first {
        shape = model.layers[input.layer].part.config["batch_shape"]
      }
      guard let shape else { throw KerasFlaw("shape of the input of \(name)", nil) }
      layers.insert(
        Layer(part: KerasPart("InputLayer", ["batch_shape": shape]), name: "\(name)_input"), at: 0)
    }
    guard layers.count > 1 else { throw KerasFlaw("layers of \(name)", .list(list)) }
    for index in layers.indices {
      let inputs = index == 0 ? [] : [Value(layer: index - 1, call: 0)]
      layers[index].calls = [Call(inputs: inputs)]
    }
    inputs = [Value(layer: 0, call: 0)]
    outputs = [Value(layer: layers.count - 1, call: 0)]
  }

  private func parseGraph(
    _ list: [KerasValue], _ config: KerasValue, _ problems: inout [String]
  ) throws(KerasFlaw) {
    var places: [String: Int] = [:]
    isKeras2 = list.contains { $0["inbound_nodes"]?.list?.contains { $0.list != nil } == true }
    for json in list {
      let layer = try Self.layer(json, &problems)
      guard places.updateValue(layers.count, forKey: layer.name) == nil else {
        throw KerasFlaw("a layer of another name than \(layer.name)", json)
      }
      layers.append(layer)
    }
    for (index, json) in list.enumerated() {
      let nodes = json["inbound_nodes"]?.list ?? []
      if layers[index].isInput {
        layers[index].calls = [Call(inputs: [])]
        continue
      }
      for node in nodes {
        layers[index].calls.append(try call(node, of: layers[index], places))
      }
    }
    inputs = try values(config["input_layers"], places)
    outputs = try values(config["output_layers"], places)
    guard !inputs.isEmpty, !outputs.isEmpty, inputs.allSatisfy({ layers[$0.layer].isInput }) else {
      throw KerasFlaw("input_layers and output_layers of \(name)", config["input_layers"])
    }
    for layer in layers {
      for input in layer.calls.flatMap(\.inputs) + outputs {
        guard layers[input.layer].calls.indices.contains(input.call), input.output >= 0,
          input.output < (layers[input.layer].model?.outputs.count ?? 1)
        else { throw KerasFlaw("an output of a layer of \(name)", .text(layers[input.layer].name)) }
      }
    }
  }

  /// A call: `{"args": […], "kwargs": {…}}` with tensors in lists, or as Keras 2 writes it a list
  /// of `[name, call, output, options]`.
  private func call(
    _ node: KerasValue, of layer: Layer, _ places: [String: Int]
  ) throws(KerasFlaw) -> Call {
    var call = Call(inputs: [])
    if let list = node.list {
      let isOne = list.first?.text != nil
      for input in isOne ? [node] : list {
        guard let entry = input.list, entry.count >= 3 else { throw KerasFlaw("node", node) }
        call.inputs.append(
          try value(.list(Array(entry.prefix(3))), places, countsFromOne: true))
        if entry.count > 3, let options = entry[3].members {
          // In the order of an attention's arguments.
          for key in ["value", "key"] {
            if let option = options[key], option.list?.count == 3 {
              call.inputs.append(try value(option, places, countsFromOne: true))
            }
          }
          for (key, option) in options where !["value", "key"].contains(key) {
            try add(option, named: key, to: &call, places)
          }
        }
      }
      return call
    }
    guard let arguments = node["args"]?.list else {
      throw KerasFlaw("node of \(layer.name)", node)
    }
    for argument in arguments { try add(argument, named: nil, to: &call, places) }
    // In the order of an attention's arguments.
    let options = node["kwargs"]?.members ?? [:]
    for key in ["inputs", "query", "value", "key"] {
      if let option = options[key] { try add(option, named: key, to: &call, places) }
    }
    for (key, option) in options.sorted(by: { $0.key < $1.key })
    where !["inputs", "query", "value", "key"].contains(key) {
      try add(option, named: key, to: &call, places)
    }
    return call
  }

  /// Adds an argument: a tensor, or lists of them, as inputs; all else as an option.
  private func add(
    _ argument: KerasValue, named key: String?, to call: inout Call, _ places: [String: Int]
  ) throws(KerasFlaw) {
    if argument["class_name"]?.text == "__keras_tensor__" {
      guard let history = argument["config"]?["keras_history"] else {
        throw KerasFlaw("keras_history", argument)
      }
      if let key, !["inputs", "query", "value", "key"].contains(key) {
        call.options[key] = argument
      } else {
        call.inputs.append(try value(history, places))
      }
    } else if let list = argument.list, key == nil || key == "inputs" {
      for member in list { try add(member, named: key, to: &call, places) }
    } else {
      call.options[key ?? "argument \(call.options.count)"] = argument
    }
  }

  private func value(
    _ history: KerasValue, _ places: [String: Int], countsFromOne: Bool = false
  ) throws(KerasFlaw) -> Value {
    guard let list = history.list, list.count == 3, let layer = list[0].text,
      let place = places[layer], let call = list[1].integer, let output = list[2].integer
    else { throw KerasFlaw("a tensor of a layer", history) }
    let counts = countsFromOne && layers[place].model?.isCountedFromOne(isKeras2) == true
    return Value(layer: place, call: counts ? call - 1 : call, output: output)
  }

  /// One place, or a list or an object of them.
  private func values(
    _ json: KerasValue?, _ places: [String: Int]
  ) throws(KerasFlaw) -> [Value] {
    guard let json else { throw KerasFlaw("input_layers and output_layers of \(name)", nil) }
    if let list = json.list, list.count == 3, list[0].text != nil {
      return [try value(json, places, countsFromOne: true)]
    }
    let members = json.members?.sorted { $0.key < $1.key }.map(\.value)
    var result: [Value] = []
    for member in json.list ?? members ?? [] {
      guard let list = member.list, list.count == 3, list[0].text != nil else {
        throw KerasFlaw("one place for each input and output", member)
      }
      result.append(try value(member, places, countsFromOne: true))
    }
    return result
  }
}

/// An error in a configuration.
struct KerasFlaw: Error {
  let expected: String
  let found: String

  init(_ expected: String, _ found: KerasValue?) {
    (self.expected, self.found) = (expected, found?.words ?? "nothing")
  }
}
