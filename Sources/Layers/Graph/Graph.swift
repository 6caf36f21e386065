public import PinionTensor

/// A directed acyclic graph of layers, from its inputs to its outputs, with every shape checked.
///
/// A *layer* holds hyperparameters and owns parameters; a *node* is a use of a layer, which
/// computes one *value* from others. Nodes of one layer share its parameters. Inputs are values
/// without a node.
///
/// A graph holds no numbers: ``summary(expandingNested:)``, the diagram and the saved configuration
/// need no memory for parameters or activations.
public struct Graph: Sendable, Equatable, ModelDefinition {
  /// How a graph came about, which its row in the summary of another one tells.
  enum Kind: String, Sendable, Codable {
    case sequential = "Sequential"
    case functional = "Functional"
  }

  /// What the model is called in its summary.
  public let name: String
  let kind: Kind
  /// The inputs, in the order of their values.
  public let inputs: [ValueID]
  /// The values that predictions are made of.
  public let outputs: [ValueID]
  /// The inputs, then the output of each node, in the order of ``nodes``.
  public let values: [Value]
  /// In the order of their first nodes.
  public internal(set) var layers: [GraphLayer]
  /// In topological order: each node follows those whose outputs it reads.
  public let nodes: [Node]
  /// The graphs of which the graph was made besides single layers, in the order of their first
  /// calls.
  public internal(set) var groups: [Group]
  /// What copies of the graph share, so that several calls of it share its parameters.
  private(set) var identity = LayerIdentity()

  /// The graph itself.
  public var graph: Graph { self }

  /// A graph of what was drawn from `inputs` to `outputs`.
  ///
  /// Throws ``GraphError`` if a layer does not take its inputs, names are not unique, an input is
  /// not used, or an output depends on none of the inputs or on others besides.
  public init(
    inputs: [SymbolicTensor], outputs: [SymbolicTensor], name: String = "functional"
  ) throws {
    var builder = GraphBuilder()
    let drawing = try builder.draw(outputs, from: inputs)
    self = try builder.graph(
      name: name, kind: .functional, inputs: drawing.inputs, outputs: drawing.outputs)
  }

  /// A graph of what was drawn from one input to one output.
  ///
  /// Throws as ``init(inputs:outputs:name:)`` does.
  public init(input: SymbolicTensor, output: SymbolicTensor, name: String = "functional") throws {
    try self.init(inputs: [input], outputs: [output], name: name)
  }

  init(
    name: String, kind: Kind, inputs: [ValueID], outputs: [ValueID], values: [Value],
    layers: [GraphLayer], nodes: [Node], groups: [Group]
  ) {
    self.name = name
    self.kind = kind
    self.groups = groups
    self.inputs = inputs
    self.outputs = outputs
    self.values = values
    self.layers = layers
    self.nodes = nodes
  }

  /// The value of an id of this graph.
  public subscript(id: ValueID) -> Value { values[id.index] }

  /// The node of an id of this graph.
  public subscript(id: NodeID) -> Node { nodes[id.index] }

  /// The layer of an id of this graph.
  public subscript(id: LayerID) -> GraphLayer { layers[id.index] }

  /// The layer that a node uses.
  public func layer(of node: Node) -> GraphLayer { self[node.layer] }

  /// The shapes of the inputs for one sample.
  public var inputShapes: [Shape] { inputs.map { self[$0].shape } }

  /// The shapes of the outputs for one sample.
  public var outputShapes: [Shape] { outputs.map { self[$0].shape } }

  /// The shape of the only input for one sample. Traps if the graph has several inputs.
  public var inputShape: Shape {
    require(inputs.count == 1, "inputShape of a graph with \(inputs.count) inputs")
    return self[inputs[0]].shape
  }

  /// The shape of the only output for one sample. Traps if the graph has several outputs.
  public var outputShape: Shape {
    require(outputs.count == 1, "outputShape of a graph with \(outputs.count) outputs")
    return self[outputs[0]].shape
  }

  /// For each value the nodes that read it, in order; a node occurs once for each of its inputs
  /// that is the value.
  package var consumers: [[NodeID]] {
    var consumers = Array(repeating: [NodeID](), count: values.count)
    for node in nodes { for input in node.inputs { consumers[input].append(node.id) } }
    return consumers
  }

  /// The numbers of all parameters, of those that the optimizer changes, and of the others.
  public var parameterCounts: (total: Int, trainable: Int, nonTrainable: Int) {
    let total = layers.reduce(0) { $0 + $1.parameterCount }
    let trainable = layers.reduce(0) { sum, layer in
      layer.trainableParameters.reduce(sum) { $0 + $1.shape.elementCount }
    }
    return (total, trainable, total - trainable)
  }
}

/// What a model can be made of: a ``Graph`` or a ``Sequential`` chain, with initial weights, or a
/// ``Network``, with its own.
public protocol ModelDefinition {
  /// The layers and their connections.
  var graph: Graph { get }

  /// The graph with weights. Default: initial weights.
  ///
  /// - Parameter seed: The key of the random numbers that initializers draw.
  func network(seed: UInt64) -> Network
}

extension ModelDefinition {
  /// The graph with initial weights.
  public func network(seed: UInt64) -> Network { Network(self, seed: seed) }
}

extension Graph {
  /// A tensor in the graph: an input, or what a node computes.
  public struct Value: Sendable, Equatable, Identifiable {
    /// The value's place in ``Graph/values``.
    public let id: ValueID
    /// Unique in the graph: the input's name, or the layer's, `conv2d`; of a layer's further uses
    /// `conv2d[1]`, `conv2d[2]`, ….
    public let name: String
    /// The shape for one sample.
    public let shape: Shape
    /// The node that computes it; nil for an input.
    public let producer: NodeID?
  }

  /// A use of a layer on certain values.
  public struct Node: Sendable, Equatable, Identifiable {
    /// The node's place in ``Graph/nodes``.
    public let id: NodeID
    /// The name of ``output``, unique in the graph.
    public let name: String
    /// The layer that is used.
    public let layer: LayerID
    /// What the layer reads, in its order.
    public let inputs: [ValueID]
    /// What the layer computes.
    public let output: ValueID
    /// The shapes of the inputs for one sample.
    public let inputShapes: [Shape]
    /// The shape of the output for one sample.
    public let outputShape: Shape
  }
}

/// A layer in a graph, used by one or several nodes.
public struct GraphLayer: Sendable, Equatable, Identifiable {
  /// The layer's place in ``Graph/layers``.
  public let id: LayerID
  /// Unique in the graph; of a layer in a nested graph `backbone/conv2d`.
  public let name: String
  /// The hyperparameters.
  @Configured public internal(set) var layer: any Layer
  /// The shapes of the first node's inputs for one sample, which the parameters follow from.
  public let inputShapes: [Shape]
  /// Whether the optimizer changes the layer's trainable parameters. A layer that is not trainable
  /// runs as in inference, and leaves its state, such as moving statistics, as it is.
  public internal(set) var isTrainable = true

  init(
    id: LayerID, name: String, layer: any Layer, inputShapes: [Shape], isTrainable: Bool = true
  ) {
    self.id = id
    self.name = name
    _layer = Configured(wrappedValue: layer)
    self.inputShapes = inputShapes
    self.isTrainable = isTrainable
  }

  /// All parameters, the same for every node.
  public var parameters: [Parameter] { (try? layer.parameters(for: inputShapes)) ?? [] }

  /// The parameters that the optimizer changes: none if the layer is not trainable.
  public var trainableParameters: [Parameter] {
    isTrainable ? parameters.filter(\.isTrainable) : []
  }

  /// The name of the layer's type, as it is summarized and saved.
  public var typeName: String { type(of: layer).typeName }

  /// The number of elements of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.elementCount } }

  /// Whether the layer equals another one.
  func holds(_ other: any Layer) -> Bool { _layer == Configured(wrappedValue: other) }
}
