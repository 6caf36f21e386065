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

/// A network as a diagram of nodes and edges.
struct GraphDiagram {
  private static let nodeHeight = 42.0
  private static let levelGap = 24.0
  private static let margin = 8.0
  private static let fontSize = 12.0
  private static let stripe = 7.0
  private static let widthLimits = 150.0...310.0

  private struct Label {
    var name: String
    var type: String
    var details: String
    var color: RGB
  }

  private let diagram: NetworkDiagram
  private let labels: [Label]
  private let nodeWidth: Double
  let layout: GraphLayout

  init(_ diagram: NetworkDiagram) {
    self.diagram = diagram
    let graph = diagram.graph
    var drawn: Set<LayerID> = []
    labels = graph.values.map { value in
      let sizes = NetworkDiagram.sizes(value.shape)
      guard let producer = value.producer else {
        return Label(name: value.name, type: "", details: sizes, color: LayerStyles.input.color)
      }
      let layer = graph.layer(of: graph[producer])
      let count = layer.parameterCount
      // The numbers of all nodes add up to the network's.
      let isFirst = drawn.insert(layer.id).inserted
      let parameters =
        count == 0
        ? ""
        : isFirst
          ? " · \(NumberText.grouped(count)) parameter\(count == 1 ? "" : "s")"
          : " · shared with \(layer.name)"
      return Label(
        name: value.name, type: layer.typeName, details: sizes + parameters,
        color: diagram.styles[layer.typeName].color)
    }
    let widest =
      labels.map { label in
        max(
          TextMetrics.width(label.name, size: Self.fontSize, isBold: true) + 10
            + TextMetrics.width(label.type, size: Self.fontSize),
          TextMetrics.width(label.details, size: Self.fontSize))
      }.max() ?? 0
    let bounds = Self.widthLimits
    nodeWidth = min(bounds.upperBound, max(bounds.lowerBound, widest + Self.stripe + 20))
    layout = GraphLayout(diagram.graph, nodeWidth: nodeWidth)
  }

  var drawing: Drawing {
    let left = layout.places.indices.map { layout.places[$0].x - layout.width($0) / 2 }.min() ?? 0
    let right = layout.places.indices.map { layout.places[$0].x + layout.width($0) / 2 }.max() ?? 0
    var drawing = Drawing(
      width: right - left + 2 * Self.margin,
      height: Double(layout.levels.count) * (Self.nodeHeight + Self.levelGap) - Self.levelGap
        + 2 * Self.margin,
      title: "The network \(diagram.graph.name) as a graph", details: diagram.details)
    let offset = Self.margin - left
    for edge in layout.edges { draw(edge, in: &drawing, offset: offset) }
    for (index, place) in layout.places.enumerated() {
      guard let value = place.value else { continue }
      draw(labels[value], in: &drawing, frame(index, offset))
    }
    return drawing
  }

  private func frame(_ index: Int, _ offset: Double) -> Frame {
    let place = layout.places[index]
    let width = layout.width(index)
    return Frame(
      x: place.x + offset - width / 2,
      y: Self.margin + Double(place.level) * (Self.nodeHeight + Self.levelGap), width: width,
      height: Self.nodeHeight)
  }

  private func draw(_ label: Label, in drawing: inout Drawing, _ frame: Frame) {
    drawing.rectangle(frame, fill: .panel, stroke: .axis, radius: 4)
    drawing.rectangle(
      Frame(x: frame.x, y: frame.y, width: Self.stripe, height: frame.height),
      fill: Paint(label.color), radius: 3)
    let x = frame.x + Self.stripe + 8
    let room = frame.right - 8 - x
    // The type is shown only if the name leaves enough space.
    let name = TextMetrics.truncated(label.name, to: room, size: Self.fontSize, isBold: true)
    let left = room - TextMetrics.width(name, size: Self.fontSize, isBold: true) - 10
    drawing.text(
      name, at: Point(x, frame.y + 17), size: Self.fontSize, isBold: true, tooltip: label.name)
    if left > 30 {
      drawing.text(
        TextMetrics.truncated(label.type, to: left, size: Self.fontSize),
        at: Point(frame.right - 8, frame.y + 17), size: Self.fontSize, .muted, anchor: .end,
        tooltip: label.type)
    }
    drawing.text(
      TextMetrics.truncated(label.details, to: room, size: Self.fontSize),
      at: Point(x, frame.y + 34), size: Self.fontSize, .muted, tooltip: label.details)
  }

  /// A curve from the bottom of the first place to the top of the last, vertical in the places
  /// between.
  private func draw(_ edge: [Int], in drawing: inout Drawing, offset: Double) {
    let frames = edge.map { frame($0, offset) }
    func text(_ x: Double, _ y: Double) -> String { Drawing.coordinates(Point(x, y)) }
    var commands = "M" + text(frames[0].center.x, frames[0].bottom)
    for (upper, lower) in zip(frames, frames.dropFirst()) {
      let isLast = lower == frames[frames.count - 1]
      let (x0, x1, y0) = (upper.center.x, lower.center.x, upper.bottom)
      let y1 = lower.y - (isLast ? 6 : 0)
      let middle = (y0 + y1) / 2
      commands += "C\(text(x0, middle)) \(text(x1, middle)) \(text(x1, y1))"
      if !isLast { commands += "L" + text(x1, lower.bottom) }
    }
    drawing.path(commands, stroke: .axis, width: 1.5)
    let tip = Point(frames[frames.count - 1].center.x, frames[frames.count - 1].y)
    drawing.path(
      Drawing.commands([tip, Point(tip.x - 4, tip.y - 7), Point(tip.x + 4, tip.y - 7)]) + "Z",
      fill: .axis)
  }
}
