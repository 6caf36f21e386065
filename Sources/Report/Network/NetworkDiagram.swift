public import PinionLayers
internal import PinionTensor
public import PinionVisualization

/// Pictures of a network: its layers as volumes, and as a graph.
public struct NetworkDiagram: Sendable, Equatable {
  /// The network.
  public let graph: Graph

  let styles: LayerStyles

  /// Diagrams of a network.
  public init(_ graph: Graph) {
    self.graph = graph
    styles = LayerStyles(graph)
  }

  /// Each layer as a box whose edges grow with the logarithms of its output's sizes, in order of
  /// computation.
  ///
  /// Rows are as wide as `width` pixels at most, or as the widest layer; widths that no screen has
  /// count as the nearest from 160 to 20,000. Default: 1000.
  public func volumes(width: Double = 1_000) -> Drawing {
    let limit = width.isNaN ? 1_000 : min(20_000, max(160, width))
    return VolumeDiagram(diagram: self, limit: limit).drawing
  }

  /// Each layer as a node with its name, type, output shape and parameters; edges from inputs to
  /// outputs, downwards.
  public var connections: Drawing { GraphDiagram(self).drawing }

  /// A shape as pictures show it: `28×28×1`.
  static func sizes(_ shape: Shape) -> String {
    shape.isEmpty ? "1" : shape.map { String($0) }.joined(separator: "×")
  }

  /// What the network is, in words.
  var details: String {
    let steps = graph.nodes.prefix(100).map {
      "\(Excerpt.of(graph.layer(of: $0).typeName)) \(Self.sizes($0.outputShape))"
    }
    let inputs = graph.inputShapes.map(Self.sizes).joined(separator: ", ")
    return "Input \(inputs), then " + steps.joined(separator: ", ")
      + (graph.nodes.count > steps.count ? ", and so on" : "")
  }
}
