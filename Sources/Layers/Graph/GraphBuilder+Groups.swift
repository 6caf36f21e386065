internal import PinionTensor

extension GraphBuilder {
  /// Adds a call of a graph. A copy of a nested graph reuses it; any other becomes a new nested
  /// graph under its own name, with a number if that is in use. Layers that are already in the
  /// outer graph are reused.
  mutating func add(_ graph: Graph, on inputs: [ValueID]) throws -> [ValueID] {
    let key = graph.identity.key
    let known = groups.indices.first {
      groups[$0].graph.identity.key == key && groups[$0].graph == graph
    }
    if let known { return try use(group: known, on: inputs) }
    try Self.validate(name: graph.name)
    var shared: [Int: LayerID] = [:]
    for (index, layer) in graph.layers.enumerated() {
      shared[index] = existing(layer.layer)
    }
    return try use(
      group: addGroup(graph, named: freeName(graph.name), sharing: shared), on: inputs)
  }

  /// Adds a nested graph, whose first call must follow. Returns its index in ``groups``.
  ///
  /// - Parameter shared: Layers that are already in the outer graph, by index in the nested one.
  mutating func addGroup(
    _ graph: Graph, named name: String, sharing shared: [Int: LayerID] = [:]
  ) throws -> Int {
    guard names.insert(name).inserted else { throw GraphError.duplicateName(name) }
    let depth = Self.depth(of: graph)
    guard depth < Self.depthLimit else {
      // Files of deeper ones could not be read: the nesting of their JSON is bounded.
      throw GraphError.layer(
        name: name, type: "Graph", inputs: graph.inputShapes,
        LayerError(
          "graphs must be nested at most \(Self.depthLimit) levels deep",
          received: "\(depth + 1) levels"))
    }
    var next = layers.count
    let places = try graph.layers.indices.map { index in
      guard let id = shared[index] else {
        next += 1
        return LayerID(next - 1)
      }
      guard layers[id].isTrainable == graph.layers[index].isTrainable else {
        throw GraphError.frozenAndTrainable(layers[id].name)
      }
      return id
    }
    groups.append(Graph.Group(name: name, graph: graph, layers: places))
    return groups.count - 1
  }

  /// Adds the nodes of a call of a nested graph. Returns its outputs.
  mutating func use(group: Int, on inputs: [ValueID]) throws -> [ValueID] {
    let (name, inner, place) = (groups[group].name, groups[group].graph, groups[group].layers)
    guard inputs.count == inner.inputs.count else {
      throw GraphError.inputCount(
        name: name, type: inner.kind.rawValue, expected: inner.inputs.count...inner.inputs.count,
        received: inputs.count)
    }
    let shapes = inputs.map { values[$0].shape }
    guard shapes == inner.inputShapes else {
      throw GraphError.layer(
        name: name, type: inner.kind.rawValue, inputs: shapes,
        LayerError("inputs of the shapes \(inner.inputShapes)", received: "\(shapes)"))
    }
    guard nodes.count + inner.nodes.count <= SizeLimits.nodes else { throw GraphError.tooLarge }
    let first = nodes.count
    // The outer value of each inner one.
    let outer = try inner.run(on: inputs) { node, inputs in
      let id = place[node.layer.index]
      return try id.index < layers.count
        ? use(id, on: inputs) : addLayer(inner[node.layer], of: name, on: inputs)
    }
    let outputs = inner.outputs.map { outer[$0] }
    groups[group].calls.append(
      Graph.Group.Call(nodes: first..<nodes.count, inputs: inputs, outputs: outputs))
    return outputs
  }

  private mutating func addLayer(
    _ layer: GraphLayer, of group: String, on inputs: [ValueID]
  ) throws -> ValueID {
    if let key = layer.layer.identity.key {
      occurrences[key, default: []].append(LayerID(layers.count))
    }
    return try add(
      layer.layer, named: "\(group)/\(layer.name)", isTrainable: layer.isTrainable, on: inputs)
  }

  /// The layer of the graph of which a layer is a copy; nil if there is none.
  func existing(_ layer: any Layer) -> LayerID? {
    layer.identity.key.flatMap { key in
      occurrences[key]?.first { layers[$0].holds(layer) }
    }
  }

  /// The largest nesting depth of graphs; the outermost one has depth 0.
  private static let depthLimit = 16

  private static func depth(of graph: Graph) -> Int {
    graph.groups.map { depth(of: $0.graph) + 1 }.max() ?? 0
  }
}
