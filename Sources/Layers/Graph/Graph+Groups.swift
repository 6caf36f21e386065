internal import PinionTensor

extension Graph {
  /// A nested graph. Its layers and nodes are also layers and nodes of the outer graph, under names
  /// that start with the group's: `backbone/conv2d`. A layer that is already in the outer graph
  /// keeps its name and its weights.
  public struct Group: Sendable, Equatable {
    /// Unique in the graph.
    public let name: String
    /// The nested graph with its own names.
    public internal(set) var graph: Graph
    /// The outer graph's layer for each of the nested one's.
    package let layers: [LayerID]
    package var calls: [Call] = []

    package struct Call: Sendable, Equatable {
      /// The indices of its nodes in ``Graph/nodes``.
      package let nodes: Range<Int>
      package let inputs: [ValueID]
      package let outputs: [ValueID]
    }
  }

  /// A node, or a call of a nested graph as a whole.
  package enum Step {
    case node(Node)
    /// - Parameter group: The index in ``Graph/groups``.
    case call(group: Int, Group.Call)
  }

  /// All nodes in order, with the nodes of each call of a nested graph as one step.
  package var steps: [Step] {
    var calls: [Int: (Int, Group.Call)] = [:]
    for (index, group) in groups.enumerated() {
      for call in group.calls { calls[call.nodes.lowerBound] = (index, call) }
    }
    var steps: [Step] = []
    var next = 0
    while next < nodes.count {
      if let (group, call) = calls[next] {
        steps.append(.call(group: group, call))
        next = call.nodes.upperBound
      } else {
        steps.append(.node(nodes[next]))
        next += 1
      }
    }
    return steps
  }

  /// The value with a name: an input, or the output of a layer, such as `block4/relu`, or of a
  /// nested graph with one output; nil if there is none.
  public func value(named name: String) -> ValueID? {
    if let value = values.first(where: { $0.name == name }) { return value.id }
    return groups.first { $0.name == name && $0.graph.outputs.count == 1 }?.calls[0].outputs[0]
  }

  // MARK: Freezing

  /// The graph with layers that are not trainable: the optimizer does not update their parameters,
  /// and they run as in inference, so that normalizations use and keep their moving averages.
  ///
  /// - Parameter names: Layers, or nested graphs for all of their layers. Default: all layers.
  ///
  /// Throws ``GraphError/unknownName(_:)`` if a name is neither.
  public func freezing(_ names: String...) throws -> Graph {
    try setting(isTrainable: false, names)
  }

  /// The graph with layers that are trainable again.
  ///
  /// - Parameter names: Layers, or nested graphs for all of their layers. Default: all layers.
  ///
  /// Throws ``GraphError/unknownName(_:)`` if a name is neither.
  public func unfreezing(_ names: String...) throws -> Graph {
    try setting(isTrainable: true, names)
  }

  func setting(isTrainable: Bool, _ names: [String]) throws -> Graph {
    var flags = layers.map(\.isTrainable)
    for name in names {
      let chosen = layers(named: name)
      guard !chosen.isEmpty else { throw GraphError.unknownName(name) }
      for layer in chosen { flags[layer] = isTrainable }
    }
    if names.isEmpty { flags = flags.map { _ in isTrainable } }
    return setting(areTrainable: flags)
  }

  /// The layer with a name, or all layers of the nested graph with that name.
  private func layers(named name: String) -> [LayerID] {
    let group = groups.first { $0.name == name }
    return (group?.layers ?? [])
      + layers.filter { $0.name == name || $0.name.hasPrefix(name + "/") }.map(\.id)
  }

  private func setting(areTrainable flags: [Bool]) -> Graph {
    var copy = self
    for (index, flag) in zip(layers.indices, flags) { copy.layers[index].isTrainable = flag }
    for (index, group) in groups.enumerated() {
      copy.groups[index].graph = group.graph.setting(areTrainable: group.layers.map { flags[$0] })
    }
    return copy
  }

  // MARK: Feature extraction

  /// The part of the graph between its inputs and inner values, such as the features of a
  /// pretrained network.
  ///
  /// Layers keep their names, by which their weights can be copied. Unused inputs are left out.
  /// Nested graphs that are not needed completely become single layers.
  ///
  /// - Parameters:
  ///   - names: The new outputs: each a ``Value/name``, or the name of a nested graph with one
  ///     output.
  ///   - name: The name of the new graph. Default: the same.
  ///
  /// Throws ``GraphError/unknownName(_:)`` if there is no value with a name,
  /// ``GraphError/duplicateName(_:)`` if a name occurs twice, and ``GraphError/notConnected`` if a
  /// name is that of an input.
  public func extracting(outputs names: [String], name: String? = nil) throws -> Graph {
    let wanted = try names.map { name in
      guard let value = value(named: name) else { throw GraphError.unknownName(name) }
      guard self[value].producer != nil else { throw GraphError.notConnected }
      return value
    }
    if let twice = wanted.indices.first(where: { wanted[..<$0].contains(wanted[$0]) }) {
      throw GraphError.duplicateName(names[twice])
    }
    var isNeeded = Array(repeating: false, count: values.count)
    for value in wanted { isNeeded[value] = true }
    for node in nodes.reversed() where isNeeded[node.output] {
      for input in node.inputs { isNeeded[input] = true }
    }
    var copy = PartialCopy(of: self)
    let inputs = try self.inputs.filter { isNeeded[$0] }.map { try copy.addInput($0) }
    for step in steps {
      switch step {
      case .node(let node): if isNeeded[node.output] { try copy.add(node) }
      case .call(let group, let call):
        let isWhole = groups[group].calls.allSatisfy { call in
          nodes[call.nodes].allSatisfy { node in
            isNeeded[node.output]
              && (call.outputs.contains(node.output) || !wanted.contains(node.output))
          }
        }
        if isWhole {
          try copy.add(call, of: group)
        } else {
          for node in nodes[call.nodes] where isNeeded[node.output] { try copy.add(node) }
        }
      }
    }
    return try copy.builder.graph(
      name: name ?? self.name, kind: kind, inputs: inputs, outputs: wanted.map { copy[$0] })
  }

  /// A graph with copies of inputs, nodes and calls of another graph.
  private struct PartialCopy {
    let original: Graph
    var builder = GraphBuilder()
    private var values: [ValueID?]
    private var layers: [LayerID?]
    private var groups: [Int?]

    init(of original: Graph) {
      self.original = original
      values = Array(repeating: nil, count: original.values.count)
      layers = Array(repeating: nil, count: original.layers.count)
      groups = Array(repeating: nil, count: original.groups.count)
    }

    subscript(id: ValueID) -> ValueID { values[id]! }

    mutating func addInput(_ id: ValueID) throws -> ValueID {
      let input = try builder.addInput(original[id].shape, name: original[id].name)
      values[id] = input
      return input
    }

    mutating func add(_ node: Node) throws {
      let inputs = node.inputs.map { self[$0] }
      if let known = layers[node.layer] {
        values[node.output] = try builder.use(known, on: inputs)
        return
      }
      layers[node.layer] = LayerID(builder.layers.count)
      let layer = original[node.layer]
      values[node.output] = try builder.add(
        layer.layer, named: layer.name, isTrainable: layer.isTrainable, on: inputs)
    }

    mutating func add(_ call: Group.Call, of group: Int) throws {
      let original = original.groups[group]
      let place: Int
      if let known = groups[group] {
        place = known
      } else {
        var shared: [Int: LayerID] = [:]
        for (index, layer) in original.layers.enumerated() { shared[index] = layers[layer] }
        place = try builder.addGroup(original.graph, named: original.name, sharing: shared)
        groups[group] = place
        for (old, new) in zip(original.layers, builder.groups[place].layers) { layers[old] = new }
      }
      let outputs = try builder.use(group: place, on: call.inputs.map { self[$0] })
      for (old, new) in zip(call.outputs, outputs) { values[old] = new }
    }
  }
}
