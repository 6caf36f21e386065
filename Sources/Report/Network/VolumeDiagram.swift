internal import Glibc
internal import PinionLayers
internal import PinionTensor
internal import PinionVisualization

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
    let graph = diagram.graph
    let boxes = graph.values.map { value in
      let style =
        value.producer.map { diagram.styles[graph.layer(of: graph[$0]).typeName] }
        ?? LayerStyles.input
      return VolumeBox(title: style.short, shape: value.shape, color: style.color)
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

/// A layer's output as a box in oblique projection: channels go to the right, rows down, columns to
/// the back.
struct VolumeBox {
  let title: String
  let sizes: String
  let color: RGB
  /// Of the front.
  let width: Double
  let height: Double
  /// How far the back lies to the right of the front, and above it.
  let shift: Point

  static let fontSize = 12.0

  init(title: String, shape: Shape, color: RGB) {
    self.title = title
    self.color = color
    sizes = NetworkDiagram.sizes(shape)
    func scaled(_ size: Int, _ factor: Double, _ limit: Double) -> Double {
      min(limit, factor * log2(1 + Double(size)))
    }
    if shape.rank <= 1 {
      (width, height) = (12, scaled(shape.first ?? 1, 11, 170))
      shift = Point(7, 5)
    } else {
      height = scaled(shape[0], 22, 170)
      width = scaled(shape.dropFirst(2).reduce(1, *), 4, 60)
      let depth = scaled(shape[1], 22, 170)
      shift = Point(depth * 0.36, depth * 0.26)
    }
  }

  /// The room between the left edges of two boxes, or of their labels if these are wider.
  var pitch: Double { max(width + shift.x + 10, labelWidth + 10) }

  var totalHeight: Double { height + shift.y }

  private var labelWidth: Double {
    max(
      TextMetrics.width(title, size: Self.fontSize, isBold: true),
      TextMetrics.width(sizes, size: Self.fontSize))
  }

  /// Draws the box in the middle of its pitch, its front's lower edge on a line, and its labels
  /// below.
  func draw(in drawing: inout Drawing, left: Double, floor: Double) {
    let x = left + (pitch - width - shift.x) / 2
    let top = floor - height
    let edge = Paint(color.mixed(with: .black, 0.45))
    let back = Point(x + shift.x, top - shift.y)
    drawing.polygon(
      [
        Point(x, top), back, Point(back.x + width, back.y), Point(x + width, top),
      ], fill: Paint(color.mixed(with: .white, 0.55)), stroke: edge)
    drawing.polygon(
      [
        Point(x + width, top), Point(back.x + width, back.y),
        Point(back.x + width, floor - shift.y), Point(x + width, floor),
      ], fill: Paint(color.mixed(with: .black, 0.2)), stroke: edge)
    drawing.polygon(
      [
        Point(x, top), Point(x + width, top), Point(x + width, floor), Point(x, floor),
      ], fill: Paint(color.mixed(with: .white, 0.2)), stroke: edge)
    let center = left + pitch / 2
    drawing.text(
      title, at: Point(center, floor + 6), size: Self.fontSize, anchor: .middle, vertical: .top,
      isBold: true)
    drawing.text(
      sizes, at: Point(center, floor + 21), size: Self.fontSize, .muted, anchor: .middle,
      vertical: .top)
  }
}
