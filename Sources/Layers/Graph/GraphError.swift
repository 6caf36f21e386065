public import PinionTensor

/// Why a graph cannot be made.
public enum GraphError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A layer does not take its inputs, or makes no sense in itself.
  case layer(name: String, type: String, inputs: [Shape], LayerError)
  /// A layer is given another number of inputs than it takes.
  case inputCount(name: String, type: String, expected: ClosedRange<Int>, received: Int)
  /// Two layers have the same name.
  case duplicateName(String)
  /// A name is empty or contains a slash, which separates layers from parameters.
  case invalidName(String)
  /// An output does not follow from the inputs, or nothing follows from an input.
  case notConnected
  /// A drawing has another input than those that were given.
  case foreignInput(Shape)
  /// A layer occurs in a nested graph and outside of it, or in two: it could not share its weights.
  case layerOfGroup(String)
  /// A nested graph in a chain has several outputs.
  case outputCount(name: String, Int)
  /// A graph's input was not drawn by ``Input(_:name:)``.
  case notAnInput
  /// A graph has no layer, nested graph or value of a name.
  case unknownName(String)
  /// A network lacks a parameter of another one, or has one of another shape.
  case parameter(String, expected: Shape, found: Shape?)
  /// A graph has more than 131,072 nodes.
  case tooLarge
  /// There is no layer.
  case empty
  /// The shape of the input has an empty, negative or too large axis, or too many elements.
  case inputShape(Shape)
  /// A saved configuration is not one: where, and why.
  case configuration(String)

  /// One line that names the layer, what it needs and what it got, control characters escaped.
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
    case .layerOfGroup(let name):
      return "layer \"\(name)\" of a nested graph also occurs outside of it; call the nested graph "
        + "itself to share its weights"
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
