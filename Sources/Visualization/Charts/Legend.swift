/// A chart's legend: labels with samples of their lines or markers, in rows.
package struct Legend {
  package enum Sample {
    case line(Int)
    case marker(Int)
    case area(RGB)
  }

  private static let sampleWidth = 26.0
  private static let rowHeight = 20.0
  private static let gap = 18.0
  private static let fontSize = 12.0

  private var rows: [[(label: String, sample: Sample)]] = [[]]

  /// Wraps labels into rows of at most `width`; longer labels are truncated.
  package init(_ items: [(label: String, sample: Sample)], width: Double) {
    var used = 0.0
    for item in items {
      let room = width - Self.sampleWidth - 6
      let label = TextMetrics.truncated(item.label, to: room, size: Self.fontSize)
      let itemWidth = Self.width(of: label)
      if used > 0, used + itemWidth > width + 0.01 {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append((label, item.sample))
      used += itemWidth + Self.gap
    }
  }

  /// The width of all labels in a single row.
  package static func width(of labels: [String]) -> Double {
    labels.reduce(-gap) { $0 + width(of: $1) + gap }
  }

  package var height: Double { rows[0].isEmpty ? 0 : Double(rows.count) * Self.rowHeight }

  /// - Parameter corner: The upper left corner of the legend.
  package func draw(in drawing: inout Drawing, at corner: Point) {
    for (row, items) in rows.enumerated() {
      var x = corner.x
      let y = corner.y + (Double(row) + 0.5) * Self.rowHeight
      for item in items {
        draw(item.sample, in: &drawing, at: Point(x, y))
        drawing.text(
          item.label, at: Point(x + Self.sampleWidth + 6, y), size: Self.fontSize,
          vertical: .middle)
        x += Self.width(of: item.label) + Self.gap
      }
    }
  }

  private func draw(_ sample: Sample, in drawing: inout Drawing, at position: Point) {
    switch sample {
    case .line(let index):
      drawing.line(
        from: position, to: Point(position.x + Self.sampleWidth, position.y), Palette.line(index),
        width: 2, dash: Palette.dash(index))
    case .marker(let index):
      Marker.draw(index, in: &drawing, at: Point(position.x + Self.sampleWidth - 8, position.y))
    case .area(let color):
      drawing.rectangle(
        Frame(x: position.x + Self.sampleWidth - 16, y: position.y - 7, width: 16, height: 14),
        fill: Paint(color), stroke: .axis, width: 0.75)
    }
  }

  private static func width(of label: String) -> Double {
    sampleWidth + 6 + TextMetrics.width(label, size: fontSize)
  }
}

/// Point markers that distinguish series without lines.
enum Marker {
  private static let radius = 4.5

  /// Draws the marker of a series: disc, square, triangle, diamond, cross or ring, repeating from
  /// the seventh on.
  static func draw(_ index: Int, in drawing: inout Drawing, at position: Point) {
    let paint = Palette.line(index)
    func shape(_ offsets: [(Double, Double)]) -> String {
      Drawing.commands(
        offsets.map { Point(position.x + $0.0 * radius, position.y + $0.1 * radius) })
    }
    switch index % 6 {
    case 0: drawing.circle(position, radius: radius - 0.3, fill: paint)
    case 1:
      drawing.path(
        shape([(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]) + "Z", fill: paint)
    case 2: drawing.path(shape([(0, -1.1), (1.1, 0.85), (-1.1, 0.85)]) + "Z", fill: paint)
    case 3: drawing.path(shape([(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)]) + "Z", fill: paint)
    case 4:
      drawing.path(
        shape([(-0.9, -0.9), (0.9, 0.9)]) + shape([(-0.9, 0.9), (0.9, -0.9)]), stroke: paint,
        width: 2)
    default: drawing.circle(position, radius: radius - 1, stroke: paint, width: 2)
    }
  }
}
