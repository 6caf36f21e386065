public import PinionTensor
internal import Synchronization

/// A tensor that does not exist yet: the output of a layer in a graph that is being drawn.
///
/// ```swift
/// let input = Input([8, 8, 3])
/// let x = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
/// let y = Conv2D(16, kernel: 3, padding: .same)(x)
/// let graph = try Graph(input: input, output: Dense(10)(Flatten()(Add()(x, y))))
/// ```
/// A layer that is called several times has one set of weights, and so has a `Sequential` or a
/// ``Graph`` that is called like a layer. Nothing is checked while drawing;
/// ``Graph/init(inputs:outputs:name:)`` checks all.
public struct SymbolicTensor: Sendable {
  enum Origin: Sendable {
    case input(Shape, name: String?)
    case layer(any Layer)
    /// A call of a graph, whose outputs have it as their only input.
    case call(Graph)
    case output(Int)
  }

  final class Source: Sendable {
    private static let count = Atomic(0)

    let origin: Origin
    /// The place in the order in which layers were called, which is that of a graph's nodes.
    let serial = Source.count.add(1, ordering: .relaxed).newValue
    // Written by `deinit` alone, when nobody else can see it.
    nonisolated(unsafe) private(set) var inputs: [SymbolicTensor]

    init(_ origin: Origin, inputs: [SymbolicTensor] = []) {
      self.origin = origin
      self.inputs = inputs
    }

    /// Releases what it was drawn from in a loop: released by each other, the layers of a deep
    /// graph would exhaust the stack.
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

/// An input of a graph: samples of the given shape, which does not count the batch.
///
/// - Parameter name: Default: `input_layer`, `input_layer_1`, ….
public func Input(_ shape: Shape, name: String? = nil) -> SymbolicTensor {
  SymbolicTensor(source: .init(.input(shape, name: name)))
}

extension Layer {
  /// Draws the layer into a graph, on the given inputs.
  ///
  /// Copies of a layer that stores a ``LayerIdentity``, as ours with parameters do, share their
  /// weights in a graph. To share one that stores none, call a `Sequential` of it.
  public func callAsFunction(_ inputs: SymbolicTensor...) -> SymbolicTensor {
    SymbolicTensor(source: .init(.layer(self), inputs: inputs))
  }
}

extension Graph {
  /// Draws the graph, of one output, into another one, like a layer. Copies of a graph share their
  /// weights.
  ///
  /// Traps if the graph has several outputs; see ``outputs(for:)``.
  public func callAsFunction(_ inputs: SymbolicTensor...) -> SymbolicTensor {
    require(outputs.count == 1, "a call of a graph with \(outputs.count) outputs as of one")
    return outputs(for: inputs)[0]
  }

  /// Draws the graph into another one, like a layer of several outputs.
  public func outputs(for inputs: [SymbolicTensor]) -> [SymbolicTensor] {
    let call = SymbolicTensor(source: .init(.call(self), inputs: inputs))
    return outputs.indices.map { SymbolicTensor(source: .init(.output($0), inputs: [call])) }
  }
}

extension Sequential {
  /// Draws the chain into a graph, like a layer. Copies of a chain share their weights.
  public func callAsFunction(_ input: SymbolicTensor) -> SymbolicTensor { graph(input) }
}
