public import PinionTensor

/// An error in the definition of a graph.
public enum GraphError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A layer does not accept its inputs, or has invalid hyperparameters.
  case layer(name: String, type: String, inputs: [Shape], LayerError)
  /// A layer or nested graph is called with a wrong number of inputs.
  case inputCount(name: String, type: String, expected: ClosedRange<Int>, received: Int)
  /// Two layers or values have the same name.
  case duplicateName(String)
  /// A name is empty or contains a slash, the separator of layers and parameters.
  case invalidName(String)
  /// An output depends on no input, or an input is unused.
  case notConnected
  /// An output depends on an input that was not given.
  case foreignInput(Shape)
  /// A layer that occurs in a nested graph and outside of it, or in two nested graphs, is frozen in
  /// one place only.
  case frozenAndTrainable(String)
  /// A nested graph in a `Sequential` has several outputs.
  case outputCount(name: String, Int)
  /// A graph's input was not made by ``Input(_:name:)``.
  case notAnInput
  /// A graph has no layer, nested graph or value with this name.
  case unknownName(String)
  /// A network lacks a parameter, or has it with another shape.
  case parameter(String, expected: Shape, found: Shape?)
  /// A graph has more than 131,072 nodes.
  case tooLarge
  /// A graph has no layers.
  case empty
  /// The shape of an input has a size that is not positive or too large, or too many elements.
  case inputShape(Shape)
  /// A saved configuration is invalid; the reason with its place.
  case configuration(String)

  /// One line with the layer, the requirement and the received value, control characters escaped.
  public var description: String { PrintableText.escaped(text) }

  private var text: String {
    switch self {
    case .layer(let name, let type, let inputs, let error):
      let shapes = inputs.map(\.description).joined(separator: ", ")
      return "layer \"\(name)\" (\(type)) on an input of shape \(shapes): \(error)"
    case .inputCount(let name, let type, let expected, let received):
      let number =
        expected.upperBound == Int.max
        ? "at least \(expected.lowerBound) inputs"
        : expected.count == 1 ? "\(expected.lowerBound) input(s)" : "\(expected) inputs"
      return "layer \"\(name)\" (\(type)) takes \(number); received \(received)"
    case .duplicateName(let name): return "two layers or values are called \"\(name)\""
    case .invalidName(let name):
      return "a layer's name must not be empty or contain \"/\"; received \"\(name)\""
    case .notConnected: return "the outputs do not follow from the inputs"
    case .foreignInput(let shape):
      return "the output also follows from another input, of shape \(shape)"
    case .frozenAndTrainable(let name):
      return "layer \"\(name)\" occurs both frozen and trainable; freeze it in the whole graph"
    case .outputCount(let name, let count):
      return "a chain needs graphs of one output; \"\(name)\" has \(count)"
    case .notAnInput: return "the inputs of a graph are made by Input(_:)"
    case .unknownName(let name):
      return "the graph has no layer, nested graph or value called \"\(name)\""
    case .parameter(let name, let expected, let found):
      return "parameter \"\(name)\": expected shape \(expected), found "
        + (found.map { "shape \($0)" } ?? "no such parameter")
    case .tooLarge: return "a graph has at most \(SizeLimits.nodes) nodes"
    case .empty: return "a model needs at least one layer"
    case .inputShape(let shape):
      return "an input shape needs \(SizeLimits.shapeRequirement); received \(shape)"
    case .configuration(let reason): return "the saved configuration is invalid: \(reason)"
    }
  }
}
