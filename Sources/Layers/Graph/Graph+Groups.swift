internal import PinionTensor

extension Graph {
  /// A graph that is a layer of another one: its layers and nodes are also the other one's, with
  /// names that start with the group's, `backbone/conv2d`.
  public struct Group: Sendable, Equatable {
    /// Unique in the graph.
    public let name: String
    /// The nested graph by itself.
    public internal(set) var graph: Graph
    /// The places of its layers in ``Graph/layers``.
    let layers: Range<Int>
    var calls: [Call] = []

    /// A use of the group.
    struct Call: Sendable, Equatable {
      /// The places of its nodes in ``Graph/nodes``.
      let nodes: Range<Int>
      let inputs: [ValueID]
      let outputs: [ValueID]
    }
  }

  /// A node, or a call of a nested graph as a whole.
  enum Step {
    case node(Node)
    /// The group's place in ``Graph/groups``.
    case call(group: Int, Group.Call)
  }

  /// All nodes in order, those of each call of a nested graph as one step.
  var steps: [Step] {
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

  /// The value of a name: an input, the output of a layer, `block4/relu`, or of a nested graph of
  /// one output; nil if there is none.
  public func value(named name: String) -> ValueID? {
    if let value = values.first(where: { $0.name == name }) { return value.id }
    return groups.first { $0.name == name && $0.graph.outputs.count == 1 }?.calls[0].outputs[0]
  }

  // MARK: Freezing

  /// The graph with layers that are not trainable: the optimizer leaves their parameters as they
  /// are, and they run as in inference, so that a normalization neither reads nor updates batch
  /// statistics.
  ///
  /// - Parameter names: Layers, or nested graphs for all of their layers. Default: all layers.
  ///
  /// Throws ``GraphError/unknownName(_:)`` for a name of neither.
  public func freezing(_ names: String...) throws -> Graph {
    try setting(isTrainable: false, names)
  }

  /// The graph with layers that are trainable again.
  ///
  /// - Parameter names: Layers, or nested graphs for all of their layers. Default: all layers.
  ///
  /// Throws ``GraphError/unknownName(_:)`` for a name of neither.
  public func unfreezing(_ names: String...) throws -> Graph {
    try setting(isTrainable: true, names)
  }

  private func setting(isTrainable: Bool, _ names: [String]) throws -> Graph {
    var flags = layers.map(\.isTrainable)
    for name in names {
      var isKnown = false
      for layer in layers where layer.name == name || layer.name.hasPrefix(name + "/") {
        flags[layer.id] = isTrainable
        isKnown = true
      }
      guard isKnown else { throw GraphError.unknownName(name) }
    }
    if names.isEmpty { flags = flags.map { _ in isTrainable } }
    return setting(areTrainable: flags[...])
  }

  private func setting(areTrainable flags: ArraySlice<Bool>) -> Graph {
    var copy = self
    for (index, flag) in zip(layers.indices, flags) { copy.layers[index].isTrainable = flag }
    for (index, group) in groups.enumerated() {
      let first = flags.startIndex + group.layers.lowerBound
      copy.groups[index].graph = group.graph.setting(
        areTrainable: flags[first..<first + group.layers.count])
    }
    return copy
  }

  // MARK: Feature extraction

  /// The part of the graph from its inputs to values in it, as for features of a pretrained
  /// network.
  ///
  /// Layers keep their names, so that their weights carry over by name. Inputs that no output
  /// follows from are left out, and nested graphs of which a part is left out become single layers.
  ///
  /// - Parameter names: The values, by ``Value/name``; of nested graphs with one output also their
  ///   names.
  ///
  /// Throws ``GraphError/unknownName(_:)`` for a name of no value, ``GraphError/duplicateName(_:)``
  /// for one that occurs twice, and ``GraphError/notConnected`` for an input.
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

  /// A graph that takes over inputs, nodes and calls of another one.
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
      let place = try groups[group] ?? builder.addGroup(original.graph, named: original.name)
      groups[group] = place
      let outputs = try builder.use(group: place, on: call.inputs.map { self[$0] })
      for (old, new) in zip(call.outputs, outputs) { values[old] = new }
    }
  }
}
