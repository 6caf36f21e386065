public import PinionTensor

/// The numbers of a network: one flat buffer of what the optimizer changes, one of what the layers
/// change themselves.
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
    /// The shape, in Keras's layout.
    public let shape: Shape
    /// Whether the optimizer changes it.
    public let isTrainable: Bool
    /// Whether negative numbers make no sense in it.
    public let isNonNegative: Bool
    /// The node of the graph that it belongs to.
    public let node: Int
    /// The place in ``Weights/trainable`` or ``Weights/nonTrainable``.
    public let range: Range<Int>
  }

  /// A number that a parameter must not hold.
  package struct Flaw {
    package let place: Int
    package let expected: String
    package let value: Float
  }

  /// The first of `values` with which nothing can be predicted: what the optimizer changes must be
  /// finite, a variance finite and not negative, and other state, which may start at an infinity,
  /// not NaN.
  package static func flaw(in values: MemoryView<Float>, of entry: Entry) -> Flaw? {
    if values.areFinite, !entry.isNonNegative { return nil }
    let place = values.indices.first { place in
      let value = values[place]
      return entry.isNonNegative
        ? !(value >= 0 && value.isFinite) : entry.isTrainable ? !value.isFinite : value.isNaN
    }
    return place.map { place in
      Flaw(
        place: place,
        expected: entry.isNonNegative
          ? "a finite number, not negative" : entry.isTrainable ? "a finite number" : "a number",
        value: values[place])
    }
  }

  /// All parameters in the order of the layers.
  public let entries: [Entry]
  private let trainableBuffer: AlignedBuffer
  private let nonTrainableBuffer: AlignedBuffer

  /// First values for a graph's parameters, drawn by their initializers; each depends on the seed
  /// and the parameter's name alone.
  public init(graph: Graph, seed: UInt64) {
    var entries: [Entry] = []
    var counts = (trainable: 0, nonTrainable: 0)
    var initializers: [any Initializer] = []
    for (index, node) in graph.nodes.enumerated() {
      for parameter in node.parameters {
        let count = parameter.shape.elementCount
        let start = parameter.isTrainable ? counts.trainable : counts.nonTrainable
        if parameter.isTrainable { counts.trainable += count } else { counts.nonTrainable += count }
        entries.append(
          Entry(
            name: "\(node.name)/\(parameter.name)", shape: parameter.shape,
            isTrainable: parameter.isTrainable, isNonNegative: parameter.isNonNegative,
            node: index, range: start..<start + count))
        initializers.append(parameter.initializer)
      }
    }
    self.entries = entries
    trainableBuffer = AlignedBuffer(count: counts.trainable)
    nonTrainableBuffer = AlignedBuffer(count: counts.nonTrainable)
    for (entry, initializer) in zip(entries, initializers) {
      initializer.fill(
        view(of: entry), shape: entry.shape,
        random: RandomStream(seed: seed, purpose: "initializer/" + entry.name))
    }
  }

  /// A copy.
  public init(copying other: Weights) {
    entries = other.entries
    trainableBuffer = AlignedBuffer(copying: other.trainable)
    nonTrainableBuffer = AlignedBuffer(copying: other.nonTrainable)
  }

  /// All parameters that the optimizer changes.
  public var trainable: MemoryView<Float> { trainableBuffer.view }

  /// All parameters that it does not, such as moving averages.
  public var nonTrainable: MemoryView<Float> { nonTrainableBuffer.view }

  /// The numbers of a parameter.
  public func view(of entry: Entry) -> MemoryView<Float> {
    (entry.isTrainable ? trainable : nonTrainable)[entry.range]
  }

  /// The parameters of each of a graph's nodes.
  func entriesByNode(count: Int) -> [[Entry]] {
    var nodes = Array(repeating: [Entry](), count: count)
    for entry in entries { nodes[entry.node].append(entry) }
    return nodes
  }

  /// The numbers of the parameter of a name, or nil if there is none.
  public subscript(name: String) -> MemoryView<Float>? {
    entries.first { $0.name == name }.map(view(of:))
  }
}
