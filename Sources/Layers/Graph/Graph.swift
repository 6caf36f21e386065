public import PinionTensor

/// A directed acyclic graph of layers with checked shapes.
///
/// ```swift
/// let image = Input([32, 32, 3])
/// let features = Conv2D(16, kernel: 3, activation: .relu)(image)
/// let graph = try Graph(input: image, output: Dense(10)(Flatten()(features)))
/// let scores = try Predictor(graph.network(seed: 0)).predict(images)  // (N, 10)
/// ```
/// A *layer* has hyperparameters and declares parameters, whose numbers a ``Network`` holds in its
/// ``Weights``. A *node* is one call of a layer: it computes one *value* from others. A layer that
/// is called twice makes two nodes, which share its parameters. Inputs are values without a node.
///
/// `Conv2D(…)(image)` returns a ``SymbolicTensor`` and does not throw; ``init(input:output:name:)``
/// adds the layers between two of them and checks their shapes. The values of this graph are
/// `input_layer`, `conv2d`, `flatten` and `dense`, at the indices 0 to 3. Its nodes are `conv2d`:
/// 0 → 1, `flatten`: 1 → 2, and `dense`: 2 → 3.
///
/// Two loops define what is computed. The forward pass, from the tensors of the inputs on:
///
///     for node in nodes {
///       let x = node.inputs.map { tensors[$0] }
///       tensors[node.output] = forward(node.layer, weights[node.layer], x)
///     }
///
/// The backward pass of a training step, from the gradients of the loss with respect to the
/// outputs on; all others start at 0:
///
///     for node in nodes.reversed() {
///       let (x, y) = (node.inputs.map { tensors[$0] }, tensors[node.output])
///       let (dx, dWeights) =
///         backward(node.layer, weights[node.layer], x, y, gradients[node.output])
///       for (input, d) in zip(node.inputs, dx) { gradients[input] += d }
///       weightGradients[node.layer] += dWeights
///     }
///
/// An optimizer then updates the weights by their gradients. `forward` and `backward` are the
/// phases of the layer's ``LayerProgram``. `Model` and `Predictor` may merge, reorder or divide
/// this work among threads; their results differ from those of the loops by rounding alone.
///
/// A graph is a definition: `network(seed:)` gives it weights, `Model` trains it. It holds no
/// tensors: ``summary(expandingNested:)``, the diagram and the saved configuration need no memory
/// for parameters or activations.
public struct Graph: Sendable, Equatable, ModelDefinition {
  /// Describes a tensor in the graph, an input or the output of a node.
  public struct Value: Sendable, Equatable, Identifiable {
    public let id: ValueID
    /// Unique in the graph: the name of the input or of the layer, such as `conv2d`; `conv2d[1]`,
    /// `conv2d[2]`, … for further calls of a layer.
    public let name: String
    /// The shape for one sample.
    public let shape: Shape
    /// The node that computes the value; nil for an input.
    public let producer: NodeID?
  }

  /// A call of a layer.
  public struct Node: Sendable, Equatable, Identifiable {
    public let id: NodeID
    /// The name of ``output``, unique in the graph.
    public let name: String
    public let layer: LayerID
    /// In the order of the layer's inputs.
    public let inputs: [ValueID]
    public let output: ValueID
    /// The shapes of the inputs for one sample.
    public let inputShapes: [Shape]
    /// The shape of the output for one sample.
    public let outputShape: Shape
  }

  /// How a graph was made; the type of a nested graph in summaries.
  package enum Kind: String, Sendable, Codable {
    case sequential = "Sequential"
    case functional = "Functional"
  }

  /// The name in summaries.
  public let name: String
  package let kind: Kind
  /// In the order of ``values``.
  public let inputs: [ValueID]
  /// In the order of predictions.
  public let outputs: [ValueID]
  /// The inputs, then the output of each node, in the order of ``nodes``.
  public let values: [Value]
  /// In the order of their first nodes.
  public internal(set) var layers: [GraphLayer]
  /// In topological order.
  public let nodes: [Node]
  /// The nested graphs, whose layers are among ``layers``, in the order of their first calls.
  public internal(set) var groups: [Group]
  /// Copies of the graph keep it: calls of them in another graph share parameters.
  private(set) var identity = LayerIdentity()

  public var graph: Graph { self }

  /// The graph of the layers between symbolic inputs and outputs.
  ///
  /// Throws ``GraphError`` if a layer does not accept its inputs, names are not unique, an input is
  /// unused, or an output depends on no input or on an input that is not given.
  public init(
    inputs: [SymbolicTensor], outputs: [SymbolicTensor], name: String = "functional"
  ) throws {
    var builder = GraphBuilder()
    let added = try builder.addLayers(from: inputs, to: outputs)
    self = try builder.graph(
      name: name, kind: .functional, inputs: added.inputs, outputs: added.outputs)
  }

  /// The graph of the layers between a symbolic input and a symbolic output.
  ///
  /// Throws the errors of ``init(inputs:outputs:name:)``.
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

  public subscript(id: ValueID) -> Value { values[id.index] }

  public subscript(id: NodeID) -> Node { nodes[id.index] }

  public subscript(id: LayerID) -> GraphLayer { layers[id.index] }

  /// The layer that a node calls.
  public func layer(of node: Node) -> GraphLayer { self[node.layer] }

  /// The shapes of the inputs for one sample.
  public var inputShapes: [Shape] { inputs.map { self[$0].shape } }

  /// The shapes of the outputs for one sample.
  public var outputShapes: [Shape] { outputs.map { self[$0].shape } }

  /// The shape of the input for one sample. Traps if there are several inputs.
  public var inputShape: Shape {
    require(inputs.count == 1, "inputShape of a graph with \(inputs.count) inputs")
    return self[inputs[0]].shape
  }

  /// The shape of the output for one sample. Traps if there are several outputs.
  public var outputShape: Shape {
    require(outputs.count == 1, "outputShape of a graph with \(outputs.count) outputs")
    return self[outputs[0]].shape
  }

  /// Computes all values from those of the inputs, node by node: the loop of the forward pass.
  ///
  /// `T` can be any type: tensors, strings for a trace, numbers for the depths of nodes:
  /// ```swift
  /// let depths = graph.run(on: [0]) { node, inputs in (inputs.max() ?? 0) + 1 }
  /// ```
  /// - Parameters:
  ///   - inputs: As many as ``inputs``, in their order; traps otherwise.
  ///   - forward: Computes the output of a node from its inputs.
  /// - Returns: In the order of ``values``, so that `graph.outputs.map { result[$0] }` are the
  ///   outputs.
  public func run<T>(on inputs: [T], _ forward: (Node, [T]) throws -> T) rethrows -> [T] {
    require(inputs.count == self.inputs.count, "run of a graph on \(inputs.count) inputs")
    var values = inputs
    for node in nodes {
      values.append(try forward(node, node.inputs.map { values[$0.index] }))
    }
    return values
  }

  /// The nodes that read each value, in order; a node occurs as often as it reads the value.
  package var consumers: [[NodeID]] {
    var consumers = Array(repeating: [NodeID](), count: values.count)
    for node in nodes { for input in node.inputs { consumers[input].append(node.id) } }
    return consumers
  }

  /// Numbers of elements: of all parameters, of those that the optimizer updates, and of the
  /// others.
  public var parameterCounts: (total: Int, trainable: Int, nonTrainable: Int) {
    let total = layers.reduce(0) { $0 + $1.parameterCount }
    let trainable = layers.reduce(0) { sum, layer in
      layer.trainableParameters.reduce(sum) { $0 + $1.shape.elementCount }
    }
    return (total, trainable, total - trainable)
  }
}

/// What gives a graph and its weights: a ``Graph`` or a ``Sequential``, which have initial ones, or
/// a ``Network``, which has its own.
public protocol ModelDefinition {
  var graph: Graph { get }

  /// The graph with weights: initial ones, or those that a ``Network`` has.
  ///
  /// - Parameter seed: The seed of the initializers' random numbers.
  func network(seed: UInt64) -> Network
}

extension ModelDefinition {
  /// The graph with initial weights.
  public func network(seed: UInt64) -> Network { Network(self, seed: seed) }
}

/// A layer in a graph, called by one or several nodes.
public struct GraphLayer: Sendable, Equatable, Identifiable {
  public let id: LayerID
  /// Unique in the graph; `backbone/conv2d` for a layer of a nested graph.
  public let name: String
  /// The hyperparameters.
  @Configured public internal(set) var layer: any Layer
  /// The shapes of the first node's inputs for one sample, which determine the parameters.
  public let inputShapes: [Shape]
  /// Whether the optimizer updates the layer's trainable parameters. A layer that is not trainable
  /// runs as in inference and does not update its state, such as moving averages.
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

  // Never fails: `GraphBuilder` has made the same call before it added the layer.
  public var parameters: [Parameter] { (try? layer.parameters(for: inputShapes)) ?? [] }

  /// The parameters that the optimizer updates: none if the layer is not trainable.
  public var trainableParameters: [Parameter] {
    isTrainable ? parameters.filter(\.isTrainable) : []
  }

  /// The name of the layer's type in summaries and configurations.
  public var typeName: String { type(of: layer).typeName }

  /// The number of elements of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.elementCount } }

  /// Whether ``layer`` equals `other`.
  func holds(_ other: any Layer) -> Bool { _layer == Configured(wrappedValue: other) }
}

/// The index of a value, node or layer in its graph.
///
/// Valid only in the graph that it comes from.
public struct GraphID<Element>: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// The index of a value in ``Graph/values``.
public typealias ValueID = GraphID<Graph.Value>

/// The index of a node in ``Graph/nodes``.
public typealias NodeID = GraphID<Graph.Node>

/// The index of a layer in ``Graph/layers``.
public typealias LayerID = GraphID<GraphLayer>

extension Array {
  /// The element for a value, node or layer, in an array with one element for each of them.
  public subscript<Kind>(id: GraphID<Kind>) -> Element {
    get { self[id.index] }
    set { self[id.index] = newValue }
  }
}
