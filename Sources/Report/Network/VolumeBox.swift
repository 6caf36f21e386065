internal import Glibc
internal import PinionTensor

/// A layer's output as a box in oblique projection: channels go to the right, rows down, columns to the back.
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

  /// Draws the box in the middle of its pitch, its front's lower edge on a line, and its labels below.
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
