/// A dot plot of one or more series of fractions in 0...1, one row per category, such as the recall
/// of each class.
package struct DotPlot: Sendable, Equatable {
  var rowNames: [String]
  /// The name and one value per row. Values outside 0...1 are not drawn.
  var series: [(name: String, values: [Double])]
  var xTitle: String
  var width = 400.0

  private static let fontSize = 12.0
  private static let rowHeight = 19.0
  private static let nameLimit = 130.0

  package init(
    rowNames: [String], series: [(name: String, values: [Double])], xTitle: String
  ) {
    (self.rowNames, self.series, self.xTitle) = (rowNames, series, xTitle)
  }

  package static func == (left: DotPlot, right: DotPlot) -> Bool {
    left.rowNames == right.rowNames && left.xTitle == right.xTitle && left.width == right.width
      && left.series.elementsEqual(right.series) { $0 == $1 }
  }

  package var drawing: Drawing {
    let names = rowNames.map {
      TextMetrics.truncated($0, to: Self.nameLimit, size: Self.fontSize)
    }
    let nameWidth = names.map { TextMetrics.width($0, size: Self.fontSize) }.max() ?? 0
    let legend = Legend(
      series.enumerated().map { ($0.element.name, .marker($0.offset)) }, width: width - 20)
    let plot = Frame(
      x: nameWidth + 16, y: legend.height + 12, width: width - nameWidth - 34,
      height: Double(rowNames.count) * Self.rowHeight)
    var drawing = Drawing(
      width: width, height: plot.bottom + 46,
      title: "\(xTitle) of \(rowNames.count) classes",
      details: series.map(\.name).joined(separator: ", "))
    legend.draw(in: &drawing, at: Point(10, 4))
    let scale = AxisScale(domain: domain, start: plot.x + 8, end: plot.right - 8)
    drawAxis(in: &drawing, plot, scale)
    for (row, name) in names.enumerated() {
      let y = plot.y + (Double(row) + 0.5) * Self.rowHeight
      drawing.line(from: Point(plot.x, y), to: Point(plot.right, y), .grid)
      drawing.text(
        name, at: Point(plot.x - 8, y), size: Self.fontSize, anchor: .end, vertical: .middle,
        tooltip: rowNames[row])
      for (index, series) in series.enumerated() where (0...1).contains(series.values[row]) {
        Marker.draw(index, in: &drawing, at: Point(scale(series.values[row]), y))
      }
    }
    return drawing
  }

  /// From the smallest value, rounded down to a multiple of 0.1, to 1.
  private var domain: ClosedRange<Double> {
    let smallest = series.flatMap(\.values).filter((0...1).contains).min() ?? 0
    return max(0, min(0.9, (smallest * 10).rounded(.down) / 10))...1
  }

  private func drawAxis(in drawing: inout Drawing, _ plot: Frame, _ scale: AxisScale) {
    let ticks = Ticks(in: scale.domain, limit: max(2, Int(plot.width / 48)))
    for value in ticks.values {
      let x = scale(value)
      drawing.line(from: Point(x, plot.y), to: Point(x, plot.bottom + 4), .grid)
      drawing.text(
        ticks.label(value), at: Point(x, plot.bottom + 8), size: Self.fontSize, .muted,
        anchor: .middle, vertical: .top)
    }
    drawing.line(from: Point(plot.x, plot.bottom), to: Point(plot.right, plot.bottom), .axis)
    drawing.text(
      xTitle, at: Point(plot.center.x, drawing.height - 6), size: 13, anchor: .middle)
  }
}
