internal import FoundationEssentials
package import PinionLayers
package import PinionTensor

/// A layer on inputs, a row of ``all``: the one table from which all layers are tested.
///
/// `LayerTableTests` checks gradients, equal bits, configurations and frozen layers of each row;
/// `KerasLayerTests` compares each row with what Keras computes of it in double precision, which
/// `make_layers.py` writes for these rows: outputs, gradients, states, and the losses of ten
/// training steps.
package struct LayerCase: Sendable, CustomStringConvertible {
  /// The numbers in the inputs.
  package enum Values: Sendable, Equatable {
    /// All different, so that no two are equally large.
    case distinct
    /// Many zeros, as behind a rectifier.
    case rectified
    /// Multiples of 10⁻³.
    case rounded
    /// Whole numbers in 0..<count.
    case indices(count: Int)
  }

  package let layer: any Layer
  /// The shapes of the inputs for one sample.
  package let inputs: [Shape]
  package let batch: Int
  package let values: Values
  /// Whether Keras runs the layer in training mode.
  package let isTraining: Bool
  /// How often Keras runs it on the same inputs, which moves averages as often.
  package let calls: Int

  init(
    _ layer: any Layer, _ inputs: Shape..., batch: Int = 2, values: Values = .distinct,
    isTraining: Bool = true, calls: Int = 1
  ) {
    self.init(
      layer, of: inputs, batch: batch, values: values, isTraining: isTraining, calls: calls)
  }

  init(
    _ layer: any Layer, of inputs: [Shape], batch: Int = 2, values: Values = .distinct,
    isTraining: Bool = true, calls: Int = 1
  ) {
    self.layer = layer
    self.inputs = inputs
    self.batch = batch
    self.values = values
    self.isTraining = isTraining
    self.calls = calls
  }

  /// Identifies the row's numbers in the file of `make_layers.py`: all that they depend on.
  package var key: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let configuration = try? encoder.encode(Configured<any Layer>(wrappedValue: layer))
    return String(decoding: configuration ?? Data(), as: UTF8.self)
      + " on \(inputs), \(values), batch \(batch), \(isTraining ? calls : 0) calls"
  }

  package var description: String { "\(type(of: layer).typeName) on \(inputs), batch \(batch)" }

  /// Only the layer.
  package func graph() throws -> Graph {
    let tensors = inputs.map { Input($0) }
    return try Graph(inputs: tensors, outputs: [layer.output(for: tensors)])
  }

  /// All rows.
  package static let all =
    products + convolutions + depthwise + transposed + activations + normalizations + noise
    + pooling + shaping + merging + attention
}
