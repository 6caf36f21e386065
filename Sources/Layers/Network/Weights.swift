public import PinionTensor

/// The parameters of a network, in one flat buffer for those that the optimizer updates, and one
/// for the others.
///
/// A parameter is a range of a buffer, with a name such as `conv2d_1/kernel`, in Keras's layout, in
/// the order of the graph's layers. With flat buffers an update is one loop and a snapshot one
/// copy. Weights can be shared; do not change them while a network runs.
public final class Weights: Sendable {
  /// A parameter and its range in a buffer.
  public struct Entry: Sendable {
    /// The names of layer and parameter, such as `conv2d_1/kernel`.
    public let name: String
    package let layer: LayerID
    /// The layer's declaration.
    package let parameter: Parameter
    /// Whether the optimizer updates it: both the parameter and its layer are trainable.
    public let isTrainable: Bool
    /// The range in ``Weights/trainable`` or ``Weights/nonTrainable``.
    package let range: Range<Int>

    /// The shape, in Keras's layout.
    public var shape: Shape { parameter.shape }
    public var role: Parameter.Role { parameter.role }

    /// Writes the initial values, which depend only on the seed and the name.
    fileprivate func initialize(_ values: MemoryView<Float>, seed: UInt64) {
      parameter.initializer.fill(
        values, shape: shape, random: RandomStream(seed: seed, purpose: "initializer/" + name))
    }

    /// The initial values of state, of any seed.
    fileprivate var initialValues: [Float] {
      let buffer = AlignedBuffer(count: range.count)
      initialize(buffer.view, seed: 0)
      return withExtendedLifetime(buffer) { buffer.view.array }
    }
  }

  /// An invalid element of a parameter.
  package struct Flaw {
    package let place: Int
    package let expected: String
    package let value: Float
  }

  /// The first invalid element of `values`: all parameters must be finite, variances also not
  /// negative. State that starts at infinity, such as a running minimum, may still be there.
  package static func flaw(in values: MemoryView<Float>, of entry: Entry) -> Flaw? {
    let isNonNegative = entry.parameter.isNonNegative
    if values.areFinite, !isNonNegative { return nil }
    let start = entry.parameter.isTrainable || isNonNegative ? [] : entry.initialValues
    let place = values.indices.first { place in
      let value = values[place]
      let isValid = value.isFinite && !(isNonNegative && value < 0)
      return !isValid && (start.isEmpty || value != start[place])
    }
    return place.map { place in
      Flaw(
        place: place,
        expected: isNonNegative ? "a finite number, not negative" : "a finite number",
        value: values[place])
    }
  }

  /// The first invalid element of the layers' state, such as moving averages, which code can set
  /// to any number; nil if all are valid.
  package var stateFlaw: (entry: Entry, flaw: Flaw)? {
    for entry in stateEntries {
      if let flaw = Self.flaw(in: nonTrainable[entry.range], of: entry) { return (entry, flaw) }
    }
    return nil
  }

  /// All parameters in the order of the layers.
  public let entries: [Entry]
  private let stateEntries: [Entry]
  private let trainableBuffer: AlignedBuffer
  private let nonTrainableBuffer: AlignedBuffer

  /// Initial values for a graph's parameters. They depend only on the seed and the parameter's
  /// name.
  package convenience init(graph: Graph, seed: UInt64) {
    self.init(graph: graph)
    for entry in entries { entry.initialize(view(of: entry), seed: seed) }
  }

  /// Zeros.
  package init(graph: Graph) {
    var entries: [Entry] = []
    var counts = (trainable: 0, nonTrainable: 0)
    for layer in graph.layers {
      for parameter in layer.parameters {
        let count = parameter.shape.elementCount
        let isTrainable = parameter.isTrainable && layer.isTrainable
        let start = isTrainable ? counts.trainable : counts.nonTrainable
        if isTrainable { counts.trainable += count } else { counts.nonTrainable += count }
        entries.append(
          Entry(
            name: "\(layer.name)/\(parameter.name)", layer: layer.id, parameter: parameter,
            isTrainable: isTrainable, range: start..<start + count))
      }
    }
    self.entries = entries
    stateEntries = entries.filter { !$0.parameter.isTrainable }
    trainableBuffer = AlignedBuffer(count: counts.trainable)
    nonTrainableBuffer = AlignedBuffer(count: counts.nonTrainable)
  }

  package init(copying other: Weights) {
    entries = other.entries
    stateEntries = other.stateEntries
    trainableBuffer = AlignedBuffer(copying: other.trainable)
    nonTrainableBuffer = AlignedBuffer(copying: other.nonTrainable)
  }

  /// Copies the values of other weights of the same graph.
  package func copy(from other: Weights) {
    trainable.copy(from: other.trainable)
    nonTrainable.copy(from: other.nonTrainable)
  }

  /// All parameters that the optimizer updates.
  public var trainable: MemoryView<Float> { trainableBuffer.view }

  /// All other parameters: those of frozen layers, and state such as moving averages.
  public var nonTrainable: MemoryView<Float> { nonTrainableBuffer.view }

  /// The elements of a parameter.
  public func view(of entry: Entry) -> MemoryView<Float> {
    (entry.isTrainable ? trainable : nonTrainable)[entry.range]
  }

  /// The range of each layer's trainable parameters in ``trainable``.
  static func trainableRanges(of graph: Graph) -> [Range<Int>] {
    var end = 0
    return graph.layers.map { layer in
      let start = end
      for parameter in layer.trainableParameters { end += parameter.shape.elementCount }
      return start..<end
    }
  }

  /// The parameters of each of a graph's layers.
  func entries(byLayerOf graph: Graph) -> [[Entry]] {
    var layers = Array(repeating: [Entry](), count: graph.layers.count)
    for entry in entries { layers[entry.layer].append(entry) }
    return layers
  }

  /// The elements of all parameters, by name.
  var elements: [String: MemoryView<Float>] {
    Dictionary(entries.map { ($0.name, view(of: $0)) }) { first, _ in first }
  }

  /// The elements of the parameter with a name; nil if there is none.
  public subscript(name: String) -> MemoryView<Float>? {
    entries.first { $0.name == name }.map(view(of:))
  }
}
