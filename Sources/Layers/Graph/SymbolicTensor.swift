public import PinionTensor

/// A tensor that does not exist yet: the output of a layer in a graph that is being drawn.
///
/// ```swift
/// let input = Input([8, 8, 3])
/// let x = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
/// let y = Conv2D(16, kernel: 3, padding: .same)(x)
/// let graph = try Graph(input: input, output: Dense(10)(Flatten()(Add()(x, y))))
/// ```
/// Nothing is checked while drawing; ``Graph/init(input:output:name:)`` checks all.
public struct SymbolicTensor: Sendable {
  final class Source: Sendable {
    let layer: (any Layer)?
    // Written by `deinit` alone, when nobody else can see it.
    nonisolated(unsafe) private(set) var inputs: [SymbolicTensor]
    let shape: Shape
    /// An input's name, if it was given one.
    let name: String?

    init(
      layer: (any Layer)?, inputs: [SymbolicTensor] = [], shape: Shape = [], name: String? = nil
    ) {
      self.layer = layer
      self.inputs = inputs
      self.shape = shape
      self.name = name
    }

    /// Releases what it was drawn from in a loop: released by each other, the layers of a deep graph would
    /// exhaust the stack.
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
  SymbolicTensor(source: .init(layer: nil, shape: shape, name: name))
}

extension Layer {
  /// Draws the layer into a graph, on the given inputs.
  public func callAsFunction(_ inputs: SymbolicTensor...) -> SymbolicTensor {
    SymbolicTensor(source: .init(layer: self, inputs: inputs))
  }
}
