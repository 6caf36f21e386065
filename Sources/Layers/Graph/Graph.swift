public import PinionTensor

/// Layers as the nodes of a directed acyclic graph from one input to one output, with every shape known and checked.
///
/// A graph holds no numbers: ``summary()``, the diagram and the saved configuration come from it before a single float is allocated.
public struct Graph: Sendable, Equatable, ModelDefinition {
  /// What the model is called in its summary.
  public let name: String
  /// The shape of an input image.
  public let inputShape: Shape
  /// The layers, each after those that it takes its inputs from. The last is the output.
  public internal(set) var nodes: [Node]

  /// The graph itself.
  public var graph: Graph { self }

  /// The shape of the output for one image.
  public var outputShape: Shape { nodes[nodes.count - 1].outputShape }

  /// A graph of what was drawn from `input` to `output`.
  ///
  /// Throws ``GraphError`` if a layer does not take its inputs, names are not unique, or the output does not follow from this input alone.
  public init(input: SymbolicTensor, output: SymbolicTensor, name: String = "functional") throws {
    var builder = try GraphBuilder(inputShape: input.source.shape)
    try builder.draw(output, from: input)
    try self.init(name: name, inputShape: input.source.shape, nodes: builder.nodes)
  }

  /// A chain of layers.
  init(name: String, inputShape: Shape, layers: [any Layer]) throws {
    var builder = try GraphBuilder(inputShape: inputShape)
    for (index, layer) in layers.enumerated() { try builder.add(layer, inputs: [index]) }
    try self.init(name: name, inputShape: inputShape, nodes: builder.nodes)
  }

  init(name: String, inputShape: Shape, nodes: [Node]) throws {
    guard !nodes.isEmpty else { throw GraphError.empty }
    var parameterCount = 0
    for node in nodes {
      parameterCount += node.parameterCount
      guard parameterCount < SizeLimits.elements else {
        throw GraphError.layer(
          name: node.name, type: node.typeName, inputs: node.inputShapes,
          LayerError(
            "fewer than \(SizeLimits.elements) parameters in the whole graph",
            received: "\(parameterCount) up to this layer"))
      }
    }
    self.name = name
    self.inputShape = inputShape
    self.nodes = nodes
  }

  /// The shape of a value for one image: of the input for 0, of node i's output for i + 1.
  package func shape(of value: Int) -> Shape {
    value == 0 ? inputShape : nodes[value - 1].outputShape
  }

  /// The number of parameters, those that the optimizer changes, and the others.
  public var parameterCounts: (total: Int, trainable: Int, nonTrainable: Int) {
    let all = nodes.flatMap(\.parameters)
    let trainable = all.filter(\.isTrainable).reduce(0) { $0 + $1.shape.elementCount }
    let total = all.reduce(0) { $0 + $1.shape.elementCount }
    return (total, trainable, total - trainable)
  }
}

/// What a model can be made of: a ``Graph``, or a ``Sequential`` chain.
public protocol ModelDefinition {
  /// The layers and their connections.
  var graph: Graph { get }
}

/// A layer in its place in a graph.
public struct Node: Sendable, Equatable {
  /// The layer's name, unique in the graph.
  public let name: String
  /// The layer.
  @Configured public internal(set) var layer: any Layer
  /// Where the inputs come from: 0 is the graph's input, i + 1 the output of node i.
  public let inputs: [Int]
  /// The shapes of the inputs for one image.
  public let inputShapes: [Shape]
  /// The shape of the output for one image.
  public let outputShape: Shape
  /// What the layer says of its parameters.
  public var parameters: [Parameter] { (try? layer.parameters(for: inputShapes)) ?? [] }

  /// The name of the layer's type, as it is summarized and saved.
  public var typeName: String { type(of: layer).typeName }

  /// How many numbers the parameters have.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.elementCount } }

  /// Whether the node's layer equals another one.
  func holds(_ other: any Layer) -> Bool { _layer == Configured(wrappedValue: other) }

  /// Checks a layer on its inputs and puts it in its place.
  init(layer: any Layer, name: String, inputs: [Int], shapes: [Shape]) throws {
    let type = Swift.type(of: layer).typeName
    guard layer.inputCount.contains(inputs.count) else {
      throw GraphError.inputCount(
        name: name, type: type, expected: layer.inputCount, received: inputs.count)
    }
    self.name = name
    _layer = Configured(wrappedValue: layer)
    self.inputs = inputs
    inputShapes = shapes
    do {
      outputShape = try layer.outputShape(for: shapes)
      try SizeLimits.require(outputShape, of: "an output")
      for parameter in try layer.parameters(for: shapes) {
        try SizeLimits.require(parameter.shape, of: "a parameter \(parameter.name)")
        try parameter.initializer.validate()
      }
    } catch let error as LayerError {
      throw GraphError.layer(name: name, type: type, inputs: shapes, error)
    }
  }
}
