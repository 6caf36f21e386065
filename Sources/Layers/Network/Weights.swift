public import PinionTensor

/// The numbers of a network: one flat buffer of what the optimizer changes, one of all else.
///
/// A layer's parameters are ranges of these, known by name (`conv2d_1/kernel`) and laid out as
/// Keras does, in the order of the graph's layers. One buffer makes the optimizer one loop, a
/// snapshot one copy, and a file one write. Weights may be shared by any number of workspaces;
/// whoever changes them makes sure that nobody reads them meanwhile.
public final class Weights: Sendable {
  /// A parameter in its place.
  public struct Entry: Sendable {
    /// Layer and parameter: `conv2d_1/kernel`.
    public let name: String
    /// The layer that it belongs to.
    public let layer: LayerID
    /// What the layer declares.
    public let parameter: Parameter
    /// Whether the optimizer changes it: the parameter is trainable, and so is its layer.
    public let isTrainable: Bool
    /// The place in ``Weights/trainable`` or ``Weights/nonTrainable``.
    public let range: Range<Int>

    /// The shape, in Keras's layout.
    public var shape: Shape { parameter.shape }
    /// What it does in its layer.
    public var role: Parameter.Role { parameter.role }
  }

  /// A number that a parameter must not hold.
  package struct Flaw {
    package let place: Int
    package let expected: String
    package let value: Float
  }

  /// The first of `values` with which nothing can be predicted: trainable parameters must be
  /// finite, frozen ones included, a variance finite and not negative; other state, which may start
  /// at an infinity, must not be NaN.
  package static func flaw(in values: MemoryView<Float>, of entry: Entry) -> Flaw? {
    let (isNonNegative, isState) = (
      entry.parameter.isNonNegative, !entry.parameter.isTrainable
    )
    if values.areFinite, !isNonNegative { return nil }
    let place = values.indices.first { place in
      let value = values[place]
      return isNonNegative
        ? !(value >= 0 && value.isFinite) : isState ? value.isNaN : !value.isFinite
    }
    return place.map { place in
      Flaw(
        place: place,
        expected: isNonNegative
          ? "a finite number, not negative" : isState ? "a number" : "a finite number",
        value: values[place])
    }
  }

  /// All parameters in the order of the layers.
  public let entries: [Entry]
  private let trainableBuffer: AlignedBuffer
  private let nonTrainableBuffer: AlignedBuffer

  /// First values for a graph's parameters, drawn by their initializers; each depends on the seed
  /// and the parameter's name alone.
  public convenience init(graph: Graph, seed: UInt64) {
    self.init(graph: graph)
    for entry in entries {
      entry.parameter.initializer.fill(
        view(of: entry), shape: entry.shape,
        random: RandomStream(seed: seed, purpose: "initializer/" + entry.name))
    }
  }

  /// Zeros, to be overwritten.
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
    trainableBuffer = AlignedBuffer(count: counts.trainable)
    nonTrainableBuffer = AlignedBuffer(count: counts.nonTrainable)
  }

  /// A copy.
  public init(copying other: Weights) {
    entries = other.entries
    trainableBuffer = AlignedBuffer(copying: other.trainable)
    nonTrainableBuffer = AlignedBuffer(copying: other.nonTrainable)
  }

  /// Copies the numbers of weights of the same graph.
  package func copy(from other: Weights) {
    trainable.copy(from: other.trainable)
    nonTrainable.copy(from: other.nonTrainable)
  }

  /// All parameters that the optimizer changes.
  public var trainable: MemoryView<Float> { trainableBuffer.view }

  /// All parameters that it does not: those of frozen layers, and state such as moving averages.
  public var nonTrainable: MemoryView<Float> { nonTrainableBuffer.view }

  /// The numbers of a parameter.
  public func view(of entry: Entry) -> MemoryView<Float> {
    (entry.isTrainable ? trainable : nonTrainable)[entry.range]
  }

  /// The place of each layer's trainable parameters in ``trainable``.
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

  /// The numbers of the parameter of a name, or nil if there is none.
  public subscript(name: String) -> MemoryView<Float>? {
    entries.first { $0.name == name }.map(view(of:))
  }
}
