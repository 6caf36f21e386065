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
    let inputs: [SymbolicTensor]
    let shape: Shape

    init(layer: (any Layer)?, inputs: [SymbolicTensor], shape: Shape) {
      self.layer = layer
      self.inputs = inputs
      self.shape = shape
    }
  }

  let source: Source

  var identity: ObjectIdentifier { ObjectIdentifier(source) }
}

/// The input of a graph: images of the given shape, without the batch's axis.
public func Input(_ shape: Shape) -> SymbolicTensor {
  SymbolicTensor(source: .init(layer: nil, inputs: [], shape: shape))
}

extension Layer {
  /// Draws the layer into a graph, on the given inputs.
  public func callAsFunction(_ inputs: SymbolicTensor...) -> SymbolicTensor {
    SymbolicTensor(source: .init(layer: self, inputs: inputs, shape: []))
  }
}
