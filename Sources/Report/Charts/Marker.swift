/// Shapes that stand for series where lines would not do.
enum Marker {
  private static let radius = 4.5

  /// Draws the marker of the series at an index: disc, square, triangle, diamond, cross, ring, …; they repeat.
  static func draw(_ index: Int, in drawing: inout Drawing, at place: Point) {
    let paint = Palette.line(index)
    func shape(_ offsets: [(Double, Double)]) -> String {
      Drawing.commands(
        offsets.map { Point(place.x + $0.0 * radius, place.y + $0.1 * radius) })
    }
    switch index % 6 {
    case 0: drawing.circle(place, radius: radius - 0.3, fill: paint)
    case 1:
      drawing.path(
        shape([(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]) + "Z", fill: paint)
    case 2: drawing.path(shape([(0, -1.1), (1.1, 0.85), (-1.1, 0.85)]) + "Z", fill: paint)
    case 3: drawing.path(shape([(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)]) + "Z", fill: paint)
    case 4:
      drawing.path(
        shape([(-0.9, -0.9), (0.9, 0.9)]) + shape([(-0.9, 0.9), (0.9, -0.9)]), stroke: paint,
        width: 2)
    default: drawing.circle(place, radius: radius - 1, stroke: paint, width: 2)
    }
  }
}
