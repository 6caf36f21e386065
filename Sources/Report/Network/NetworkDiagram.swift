public import PinionLayers
internal import PinionTensor
public import PinionVisualization

/// Diagrams of a network: output shapes as volumes, and layers as a graph.
public struct NetworkDiagram: Sendable, Equatable {
  public let graph: Graph

  let styles: LayerStyles

  public init(_ graph: Graph) {
    self.graph = graph
    styles = LayerStyles(graph)
  }

  /// One box for each layer, in order of execution, with edges proportional to the logarithms of
  /// its output's sizes.
  ///
  /// - Parameter width: The largest width of a row in pixels, clamped to 160...20,000; a single
  ///   layer may be wider. Default: 1000.
  public func volumes(width: Double = 1_000) -> Drawing {
    let limit = width.isNaN ? 1_000 : min(20_000, max(160, width))
    return VolumeDiagram(diagram: self, limit: limit).drawing
  }

  /// One node for each layer, with its name, type, output shape and number of parameters. Edges
  /// point downwards.
  public var connections: Drawing { GraphDiagram(self).drawing }

  /// A shape as text, such as `28×28×1`.
  static func sizes(_ shape: Shape) -> String {
    shape.isEmpty ? "1" : shape.map { String($0) }.joined(separator: "×")
  }

  /// A text alternative to the diagrams.
  var details: String {
    let steps = graph.nodes.prefix(100).map {
      "\(Excerpt.of(graph.layer(of: $0).typeName)) \(Self.sizes($0.outputShape))"
    }
    let inputs = graph.inputShapes.map(Self.sizes).joined(separator: ", ")
    return "Input \(inputs), then " + steps.joined(separator: ", ")
      + (graph.nodes.count > steps.count ? ", and so on" : "")
  }
}
