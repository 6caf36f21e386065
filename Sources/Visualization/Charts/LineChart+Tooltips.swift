/// Tooltips: an invisible strip per x value, with the values that the page's style sheet shows
/// while the pointer is over it. No script is needed.
extension LineChart {
  /// The largest number of strips; more would be too narrow to point at.
  private static let stripLimit = 200
  private static let lineHeight = 16.0
  private static let nameLimit = 110.0

  private struct Reading {
    let index: Int
    let name: String
    let value: Double
  }

  func addTooltips(to drawing: inout Drawing, _ plot: Frame, _ x: AxisScale, _ y: AxisScale) {
    var readings: [Double: [Reading]] = [:]
    for (index, curve) in series.enumerated() {
      let name = TextMetrics.truncated(curve.name, to: Self.nameLimit, size: Self.tickSize)
      for (position, value) in zip(curve.x, curve.y)
      where AxisScale.isDrawable(position) && AxisScale.isDrawable(value) {
        readings[position, default: []].append(Reading(index: index, name: name, value: value))
      }
    }
    let all = readings.keys.sorted()
    let count = min(Self.stripLimit, all.count)
    // The first and the last x are always among the chosen ones.
    let positions = (0..<count).map { all[count > 1 ? $0 * (all.count - 1) / (count - 1) : 0] }
    for (index, position) in positions.enumerated() {
      let left = index == 0 ? plot.x : x((positions[index - 1] + position) / 2)
      let right = index == count - 1 ? plot.right : x((position + positions[index + 1]) / 2)
      let strip = SVGElement("rect").with("x", left).with("y", plot.y)
        .with("width", right - left).with("height", plot.height)
      drawing.addOverlay(
        SVGElement(
          "g", children: [strip, tip(at: position, readings[position] ?? [], plot, x, y)]
        ).with("class", "read"))
    }
  }

  /// A vertical line at `place`, a dot on each curve, and a box with the values on the side with
  /// enough room.
  private func tip(
    at position: Double, _ readings: [Reading], _ plot: Frame, _ x: AxisScale, _ y: AxisScale
  ) -> SVGElement {
    let lines =
      ["\(xTitle) \(NumberFormat.integer(position))"]
      + readings.map { "\($0.name) \(NumberFormat.significant($0.value, 5))" }
    let width = (lines.map { TextMetrics.width($0, size: Self.tickSize) }.max() ?? 0) + 28
    let center = x(position)
    let isLeft = center + 8 + width > plot.right && center - 8 - width >= plot.x - 20
    let box = Frame(
      x: isLeft ? center - 8 - width : center + 8, y: plot.y + 4, width: width,
      height: Double(lines.count) * Self.lineHeight + 8)
    var children = [
      SVGElement("path").with(
        "d", Drawing.commands([Point(center, plot.y), Point(center, plot.bottom)]))
    ]
    func dot(_ index: Int, _ position: Point) -> SVGElement {
      SVGElement("circle").with("cx", position.x).with("cy", position.y).with("r", 3.5)
        .with("fill", Palette.line(index))
    }
    children += readings.map { dot($0.index, Point(center, y($0.value))) }
    children.append(
      SVGElement("rect").with("x", box.x).with("y", box.y).with("width", box.width)
        .with("height", box.height).with("rx", 4))
    for (number, line) in lines.enumerated() {
      let baseline = box.y + 16 + Double(number) * Self.lineHeight
      if number > 0 {
        children.append(dot(readings[number - 1].index, Point(box.x + 11, baseline - 4)))
      }
      children.append(
        SVGElement("text", text: line).with("x", box.x + (number > 0 ? 20 : 8))
          .with("y", baseline))
    }
    return SVGElement("g", children: children).with("class", "tip")
  }
}
