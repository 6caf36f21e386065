public import PinionTensor

/// A layer in its place in a graph.
public struct Node: Sendable, Equatable {
  /// The layer's name, unique in the graph.
  public let name: String
  /// The layer.
  @Configured public internal(set) var layer: any Layer
  /// Where the inputs come from: 0 is the graph's input, i + 1 the output of node i.
  public let inputs: [Int]
  /// The shapes of the inputs for one image.
  public let inputShapes: [Shape]
  /// The shape of the output for one image.
  public let outputShape: Shape
  /// What the layer says of its parameters.
  public var parameters: [Parameter] { (try? layer.parameters(for: inputShapes)) ?? [] }

  /// The name of the layer's type, as it is summarised and saved.
  public var typeName: String { type(of: layer).typeName }

  /// How many numbers the parameters have.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.elementCount } }

  /// Whether the node's layer equals another one.
  func holds(_ other: any Layer) -> Bool { _layer == Configured(wrappedValue: other) }

  /// Checks a layer on its inputs and puts it in its place.
  init(layer: any Layer, name: String, inputs: [Int], shapes: [Shape]) throws {
    let type = Swift.type(of: layer).typeName
    guard layer.inputCount.contains(inputs.count) else {
      throw GraphError.inputCount(
        name: name, type: type, expected: layer.inputCount, received: inputs.count)
    }
    self.name = name
    _layer = Configured(wrappedValue: layer)
    self.inputs = inputs
    inputShapes = shapes
    do {
      outputShape = try layer.outputShape(for: shapes)
      try SizeLimits.require(outputShape, of: "an output")
      for parameter in try layer.parameters(for: shapes) {
        try SizeLimits.require(parameter.shape, of: "a parameter \(parameter.name)")
        try parameter.initializer.validate()
      }
    } catch let error as LayerError {
      throw GraphError.layer(name: name, type: type, inputs: shapes, error)
    }
  }
}
