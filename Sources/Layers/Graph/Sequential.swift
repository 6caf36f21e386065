public import PinionTensor

/// A model that is a chain of layers.
///
/// ```swift
/// let model = try Sequential(input: [28, 28, 1]) {
///   Conv2D(32, kernel: 3, padding: .same, activation: .relu)
///   MaxPool2D()
///   Flatten()
///   Dense(10, activation: .softmax)
/// }
/// ```
public struct Sequential: Sendable, Equatable, ModelDefinition {
  /// The layers and their connections.
  public let graph: Graph

  /// A chain of layers on images of shape `input`, which does not count the batch.
  ///
  /// Throws ``GraphError``, which names the layer, what it needs and what it got.
  public init(
    input: Shape, name: String = "sequential", @LayerBuilder layers: () throws -> [any Layer]
  ) throws {
    graph = try Graph(name: name, inputShape: input, layers: layers())
  }

  /// The table of layers, shapes and parameters.
  public func summary() -> String { graph.summary() }
}

/// Makes a list of layers from the lines of a block, with `if`, `switch` and `for` among them.
@resultBuilder
public enum LayerBuilder {
  /// One layer.
  public static func buildExpression(_ layer: some Layer) -> [any Layer] { [layer] }

  /// Layers from elsewhere.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }

  /// All lines, one after the other.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }

  /// An `if` without `else`.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }

  /// The first branch.
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }

  /// The other branch.
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }

  /// A loop.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
