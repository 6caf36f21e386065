public import PinionTensor
internal import Synchronization

/// A tensor without elements: the output of a layer in a graph under construction.
///
/// ```swift
/// let input = Input([8, 8, 3])
/// let x = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
/// let y = Conv2D(16, kernel: 3, padding: .same)(x)
/// let graph = try Graph(input: input, output: Dense(10)(Flatten()(Add()(x, y))))
/// ```
/// Calls of one layer share its weights, and so do calls of one `Sequential` or ``Graph``. Calls
/// check nothing; ``Graph/init(inputs:outputs:name:)`` checks the whole graph.
public struct SymbolicTensor: Sendable {
  enum Origin: Sendable {
    case input(Shape, name: String?)
    case layer(any Layer)
    /// A call of a graph. It is not a value; each output of the graph is an `output` that reads it.
    case call(Graph)
    /// The output at this index of a graph, whose `call` is the only input.
    case output(Int)
  }

  final class Source: Sendable {
    private static let count = Atomic(0)

    let origin: Origin
    /// The position in the order of calls, which is the order of a graph's nodes.
    let serial = Source.count.add(1, ordering: .relaxed).newValue
    // Written only by `deinit`, when there is no other reference.
    nonisolated(unsafe) private(set) var inputs: [SymbolicTensor]

    init(_ origin: Origin, inputs: [SymbolicTensor] = []) {
      self.origin = origin
      self.inputs = inputs
    }

    /// Releases the inputs iteratively; recursive release would overflow the stack for deep graphs.
    deinit {
      var pending = inputs.map(\.source)
      inputs = []
      while var source = pending.popLast() {
        guard isKnownUniquelyReferenced(&source) else { continue }
        pending += source.inputs.map(\.source)
        source.inputs = []
      }
    }
  }

  let source: Source

  var identity: ObjectIdentifier { ObjectIdentifier(source) }
}

/// - Parameters:
///   - shape: The shape of one sample.
///   - name: Default: `input_layer`, `input_layer_1`, ….
public func Input(_ shape: Shape, name: String? = nil) -> SymbolicTensor {
  SymbolicTensor(source: .init(.input(shape, name: name)))
}

extension Layer {
  /// Calls the layer on symbolic inputs.
  ///
  /// Copies of a layer that stores a ``LayerIdentity`` share their weights in a graph; all built-in
  /// layers with parameters do. To share another layer, wrap it in a `Sequential` and call that
  /// repeatedly.
  public func callAsFunction(_ inputs: SymbolicTensor...) -> SymbolicTensor {
    output(for: inputs)
  }

  /// The same for a list of inputs.
  package func output(for inputs: [SymbolicTensor]) -> SymbolicTensor {
    SymbolicTensor(source: .init(.layer(self), inputs: inputs))
  }
}

extension Graph {
  /// Calls the graph like a layer. Copies of a graph share their weights.
  ///
  /// Traps if the graph has several outputs; see ``outputs(for:)``.
  public func callAsFunction(_ inputs: SymbolicTensor...) -> SymbolicTensor {
    require(outputs.count == 1, "a graph with \(outputs.count) outputs called as a layer")
    return outputs(for: inputs)[0]
  }

  /// Calls the graph like a layer with several outputs.
  public func outputs(for inputs: [SymbolicTensor]) -> [SymbolicTensor] {
    let call = SymbolicTensor(source: .init(.call(self), inputs: inputs))
    return outputs.indices.map { SymbolicTensor(source: .init(.output($0), inputs: [call])) }
  }
}

extension Sequential {
  /// Calls the layers like a single layer. Copies of a `Sequential` share their weights.
  public func callAsFunction(_ input: SymbolicTensor) -> SymbolicTensor { graph(input) }
}

extension GraphBuilder {
  /// The values of the symbolic tensors added so far.
  private struct Places {
    var values: [ObjectIdentifier: ValueID] = [:]
    /// The outputs of calls of graphs.
    var calls: [ObjectIdentifier: [ValueID]] = [:]

    func contains(_ tensor: SymbolicTensor) -> Bool {
      values[tensor.identity] != nil || calls[tensor.identity] != nil
    }
  }

  /// Adds the inputs, and the layers between them and the outputs.
  mutating func addLayers(
    from inputs: [SymbolicTensor], to outputs: [SymbolicTensor]
  ) throws -> (inputs: [ValueID], outputs: [ValueID]) {
    var places = Places()
    let inputIDs = try inputs.map { input in
      guard case .input(let shape, let name) = input.source.origin else {
        throw GraphError.notAnInput
      }
      let id = try addInput(shape, name: name)
      guard places.values.updateValue(id, forKey: input.identity) == nil else {
        throw GraphError.duplicateName(name ?? "input_layer")
      }
      return id
    }
    for output in outputs {
      if let known = places.values[output.identity], known.index < inputs.count {
        throw outputs.count == 1 ? GraphError.empty : GraphError.notConnected
      }
    }
    try addLayers(to: outputs, &places)
    guard inputIDs.allSatisfy({ id in nodes.contains { $0.inputs.contains(id) } }) else {
      throw nodes.isEmpty ? GraphError.empty : GraphError.notConnected
    }
    let outputIDs = outputs.map { places.values[$0.identity]! }
    if let twice = outputIDs.indices.first(where: { outputIDs[..<$0].contains(outputIDs[$0]) }) {
      throw GraphError.duplicateName(values[outputIDs[twice]].name)
    }
    return (inputIDs, outputIDs)
  }

  /// Adds the layers that `outputs` depend on and `places` lacks, in the order of their calls,
  /// which is Keras's. Not recursive, because graphs may be deep.
  private mutating func addLayers(to outputs: [SymbolicTensor], _ places: inout Places) throws {
    var (stack, found, tensors) = (outputs, Set<ObjectIdentifier>(), [SymbolicTensor]())
    for output in outputs where !places.contains(output) {
      if case .input = output.source.origin { throw GraphError.notConnected }
    }
    while let tensor = stack.popLast() {
      guard !places.contains(tensor), found.insert(tensor.identity).inserted else { continue }
      if case .input(let shape, _) = tensor.source.origin { throw GraphError.foreignInput(shape) }
      tensors.append(tensor)
      stack.append(contentsOf: tensor.source.inputs)
    }
    for tensor in tensors.sorted(by: { $0.source.serial < $1.source.serial }) {
      switch tensor.source.origin {
      case .input: break
      case .layer(let layer):
        places.values[tensor.identity] = try add(
          layer, on: tensor.source.inputs.map { places.values[$0.identity]! })
      case .call(let graph):
        places.calls[tensor.identity] = try add(
          graph, on: tensor.source.inputs.map { places.values[$0.identity]! })
      case .output(let index):
        places.values[tensor.identity] =
          places.calls[tensor.source.inputs[0].identity]![index]
      }
    }
  }
}
