internal import PinionLayers
internal import PinionTensor

/// A layer that can be written as ONNX nodes.
protocol ONNXLayer: Layer {
  /// Adds the nodes of a call and sets the output.
  func export(_ call: ONNXCall) throws
}

/// An activation that can be written as ONNX nodes.
protocol ONNXActivation: ActivationFunction {
  /// Adds the nodes; returns the name of f(z).
  ///
  /// - Parameter axis: That of the channels.
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String
}

/// Converts a network to an ONNX graph, node by node.
///
/// A value is (N, …, C), as in Pinion, or (N, C, …), as in the convolutions of ONNX. It is
/// transposed once, when a node requires the other layout, so that a chain of convolutions and the
/// layers between them has one transposition at its start.
final class ONNXExporter {
  /// The order of a value's axes.
  enum Layout { case channelsLast, channelsFirst }

  let network: Network
  var graph = ONNXGraph()
  private var names: [ValueID: [Layout: String]] = [:]
  private var parameters: [String: String] = [:]

  init(_ network: Network) { self.network = network }

  /// The names of layers that cannot be written, with their types.
  private var unsupported: [String] {
    network.graph.layers.compactMap { layer in
      guard layer.layer is any ONNXLayer else { return "\(layer.name) (\(layer.typeName))" }
      let function = layer.layer.trailingActivation
      if let function, !(function is any ONNXActivation) {
        return "\(layer.name) (\(layer.typeName), \(type(of: function).typeName))"
      }
      return nil
    }
  }

  /// The model with its inputs, outputs and metadata. Throws ``ONNXError`` if a layer cannot be
  /// written.
  func model(
    metadata: [(String, String)], appendingSoftmax: Bool
  ) throws -> ProtobufMessage {
    let unsupported = unsupported
    guard unsupported.isEmpty else { throw ONNXError.unsupported(unsupported) }
    let graph = network.graph
    for input in graph.inputs {
      names[input] = [.channelsLast: self.graph.unique(graph[input].name)]
    }
    // Before those of inner values, which get a number where they are equal.
    let outputs = graph.outputs.map { id in (id: id, name: self.graph.unique(graph[id].name)) }
    for node in graph.nodes {
      guard let layer = graph.layer(of: node).layer as? any ONNXLayer else { continue }
      try layer.export(ONNXCall(self, node))
    }
    for output in outputs {
      self.graph.output(
        output.name, of: name(of: output.id, .channelsLast), appendingSoftmax: appendingSoftmax)
    }
    return self.graph.model(
      name: graph.name,
      inputs: graph.inputs.map { (name(of: $0, .channelsLast), graph[$0].shape) },
      outputs: outputs.map { ($0.name, graph[$0.id].shape) }, metadata: metadata)
  }

  /// Whether a value exists channels first.
  func isChannelsFirst(_ value: ValueID) -> Bool { names[value]?[.channelsFirst] != nil }

  func set(_ value: ValueID, _ name: String, _ layout: Layout) { names[value] = [layout: name] }

  /// The name of a value in a layout, transposed if it has another.
  func name(of value: ValueID, _ layout: Layout) -> String {
    if let name = names[value]?[layout] { return name }
    let source = names[value]?.values.first ?? ""
    let rank = network.graph[value].shape.rank
    let order =
      layout == .channelsFirst
      ? [0, rank] + Array(1..<max(1, rank)) : [0] + Array(2..<rank + 1) + [1]
    let name =
      rank < 2
      ? source
      : graph.node(
        "Transpose", [source], [.integers("perm", order)],
        named: network.graph[value].name
          + (layout == .channelsFirst ? "/channels_first" : "/channels_last"))
    names[value, default: [:]][layout] = name
    return name
  }

  /// A constant that is a parameter of a layer, rearranged; shared by the layer's calls.
  func parameter(
    _ name: String, of node: Graph.Node, _ rearranged: (Tensor) -> Tensor
  ) -> String {
    let full = "\(network.graph.layer(of: node).name)/\(name)"
    if let constant = parameters[full] { return constant }
    let constant = graph.constant(rearranged(value(of: full)), named: full)
    parameters[full] = constant
    return constant
  }

  /// The elements of a parameter.
  private func value(of name: String) -> Tensor {
    guard let entry = network.weights.entries.first(where: { $0.name == name }) else {
      require(false, "no parameter \(name)")
      return Tensor(0)
    }
    return Tensor(copying: network.weights.view(of: entry), shape: entry.shape)
  }
}

/// A call of a layer while its nodes are added.
struct ONNXCall {
  let exporter: ONNXExporter
  let node: Graph.Node

  init(_ exporter: ONNXExporter, _ node: Graph.Node) {
    (self.exporter, self.node) = (exporter, node)
  }

  /// The shape of the first input and of the output for one sample.
  var input: Shape { node.inputShapes[0] }
  var output: Shape { node.outputShape }

  /// The layout in which a layer that takes any should run: that of the first input.
  var layout: ONNXExporter.Layout {
    input.rank > 1 && exporter.isChannelsFirst(node.inputs[0]) ? .channelsFirst : .channelsLast
  }

  func input(_ index: Int = 0, _ layout: ONNXExporter.Layout = .channelsLast) -> String {
    exporter.name(of: node.inputs[index], layout)
  }

  func add(
    _ operation: String, _ inputs: [String], _ attributes: [ONNXGraph.Attribute] = []
  ) -> String {
    exporter.graph.node(
      operation, inputs, attributes, named: "\(node.name)/\(operation.lowercased())")
  }

  func constant(_ tensor: Tensor, _ name: String) -> String {
    exporter.graph.constant(tensor, named: "\(node.name)/\(name)")
  }

  func scalar(_ value: Float) -> String { exporter.graph.scalar(value) }

  func integers(_ values: [Int]) -> String { exporter.graph.integers(values) }

  func parameter(_ name: String, _ rearranged: (Tensor) -> Tensor = { $0 }) -> String {
    exporter.parameter(name, of: node, rearranged)
  }

  func setOutput(_ name: String, _ layout: ONNXExporter.Layout = .channelsLast) {
    exporter.set(node.output, name, layout)
  }

  /// Applies an activation to a value of the output's rank, and sets the output.
  func setOutput(
    _ z: String, _ layout: ONNXExporter.Layout, activation: any ActivationFunction
  ) {
    setOutput(activated(z, activation, axis: layout == .channelsFirst ? 1 : -1), layout)
  }

  func activated(_ z: String, _ activation: any ActivationFunction, axis: Int) -> String {
    (activation as? any ONNXActivation)?.export(z, axis: axis, self) ?? z
  }

  /// The input as the output.
  func passThrough() { setOutput(input(0, layout), layout) }
}

/// A network that ONNX cannot represent, or ONNX nodes that Pinion cannot.
public enum ONNXError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Layers, with their types, that have no representation as ONNX nodes.
  case unsupported([String])
  /// Nodes of a file that are not supported, with their operators and the reasons.
  case unsupportedNodes(file: String, [String])
  /// More than 2 GiB of parameters, the most that a file can hold.
  case tooLarge(bytes: Int)

  public var description: String {
    switch self {
    case .unsupported(let layers):
      "no nodes of ONNX for the layers \(layers.joined(separator: ", "))"
    case .unsupportedNodes(let file, let nodes):
      PrintableText.escaped("\(file): no layers for the nodes \(nodes.joined(separator: "; "))")
    case .tooLarge(let bytes): "\(bytes) bytes of parameters in a file of at most 2^31"
    }
  }
}
