internal import PinionLayers
internal import PinionTensor

/// The layers of a network as boxes, row after row.
struct VolumeDiagram {
  let diagram: NetworkDiagram
  let limit: Double

  private static let margin = 6.0
  private static let rowGap = 18.0
  private static let labelHeight = 40.0

  var drawing: Drawing {
    let rows = rows
    let names = diagram.styles.types.map(diagram.styles.legend)
    // Wide enough for the widest row, and for the legend as far as the limit allows.
    let room = max(
      rows.map(Self.width).max() ?? 0,
      min(max(limit, 320) - 2 * Self.margin, Legend.width(of: names)))
    let legend = Legend(
      zip(names, diagram.styles.types).map { ($0, .area(diagram.styles[$1].color)) }, width: room)
    var drawing = Drawing(
      width: room + 2 * Self.margin, height: 0,
      title: "The network \(diagram.graph.name), layer by layer", details: diagram.details)
    legend.draw(in: &drawing, at: Point(Self.margin - 8, 2))
    var y = legend.height + 12
    for row in rows {
      let floor = y + (row.map(\.totalHeight).max() ?? 0)
      var x = Self.margin
      for box in row {
        box.draw(in: &drawing, left: x, floor: floor)
        x += box.pitch
      }
      y = floor + Self.labelHeight + Self.rowGap
    }
    drawing.height = y - Self.rowGap
    return drawing
  }

  /// The boxes, the input first, in rows that are about equally full.
  private var rows: [[VolumeBox]] {
    let input = VolumeBox(
      title: LayerStyles.input.short, shape: diagram.graph.inputShape,
      color: LayerStyles.input.color)
    let boxes =
      [input]
      + diagram.graph.nodes.map { node in
        let style = diagram.styles[node.typeName]
        return VolumeBox(title: style.short, shape: node.outputShape, color: style.color)
      }
    let room = limit - 2 * Self.margin
    let rowCount = Self.rows(of: boxes, room: room).count
    // As few rows as the room asks for, and then the least room that needs no more of them.
    var (low, high) = (0.0, room)
    for _ in 0..<20 {
      let middle = (low + high) / 2
      if Self.rows(of: boxes, room: middle).count <= rowCount {
        high = middle
      } else {
        low = middle
      }
    }
    return Self.rows(of: boxes, room: high)
  }

  private static func rows(of boxes: [VolumeBox], room: Double) -> [[VolumeBox]] {
    var rows: [[VolumeBox]] = [[]]
    var used = 0.0
    for box in boxes {
      if used > 0, used + box.pitch > room {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(box)
      used += box.pitch
    }
    return rows
  }

  private static func width(_ row: [VolumeBox]) -> Double { row.reduce(0) { $0 + $1.pitch } }
}
