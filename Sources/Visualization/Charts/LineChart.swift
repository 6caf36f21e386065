internal import PinionTensor

/// Curves over a common x axis, such as a loss by epoch.
public struct LineChart: Sendable, Equatable {
  /// A curve: straight lines between the points (xᵢ, yᵢ), in their order.
  public struct Series: Sendable, Equatable {
    /// The label in the legend.
    public var name: String
    /// In ascending order.
    public var x: [Double]
    /// As many as `x`. Values that are not finite leave a gap in the curve.
    public var y: [Double]

    /// Traps unless `x` and `y` have equal counts.
    public init(_ name: String, x: [Double], y: [Double]) {
      require(x.count == y.count, "series \(name): \(x.count) x values, \(y.count) y values")
      self.name = name
      self.x = x
      self.y = y
    }
  }

  /// A vertical line at an x value, with a label above it.
  public struct Mark: Sendable, Equatable {
    public var x: Double
    public var label: String

    public init(x: Double, label: String) {
      self.x = x
      self.label = label
    }
  }

  /// The curves. Colors and dash patterns follow from the order.
  public var series: [Series]
  /// The title below the x axis.
  public var xTitle: String
  /// The title beside the y axis.
  public var yTitle: String
  /// Limits for the margins of the y axis; values outside are still shown. Default: no limits.
  public var yLimits: ClosedRange<Double>?
  /// A position to highlight, such as the best epoch. Default: none.
  public var mark: Mark?
  /// The width in CSS pixels, clamped to 160...20,000. Default: 400.
  public var width: Double
  /// The height without the legend in CSS pixels, clamped to 160...20,000. Default: 280.
  public var height: Double

  public init(
    _ series: [Series], xTitle: String, yTitle: String, yLimits: ClosedRange<Double>? = nil,
    mark: Mark? = nil, width: Double = 400, height: Double = 280
  ) {
    self.series = series
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.yLimits = yLimits
    self.mark = mark
    self.width = width
    self.height = height
  }

  /// A text alternative to the chart.
  var details: String {
    let curves = series.compactMap { curve -> String? in
      guard let last = curve.y.last(where: AxisScale.isDrawable) else { return nil }
      return "\(curve.name) ends at \(NumberFormat.significant(last, 4))"
    }
    let points = mark.map { ["\($0.label)"] } ?? []
    return (curves + points).joined(separator: "; ")
  }
}

extension LineChart {
  /// The chart as a drawing. Width and height are clamped to 160...20,000 pixels.
  public var drawing: Drawing {
    func bounded(_ size: Double) -> Double { size.isNaN ? 400 : min(20_000, max(160, size)) }
    var chart = self
    chart.width = bounded(width)
    chart.height = bounded(height)
    return chart.boundedDrawing
  }

  private var boundedDrawing: Drawing {
    let legend = Legend(
      series.enumerated().map { ($0.element.name, .line($0.offset)) },
      width: width - 2 * Self.margin)
    var drawing = Drawing(
      width: width, height: height + legend.height,
      title: "\(yTitle) against \(xTitle.lowercased())", details: details)
    legend.draw(in: &drawing, at: Point(Self.margin, 4))
    let top = legend.height + (mark == nil ? 12 : 26)
    let bottom = drawing.height - 44
    let yDomain = AxisScale.domain(showing: series.flatMap(\.y), within: yLimits)
    let yTicks = Ticks(in: yDomain, limit: max(2, Int((bottom - top) / 26)))
    let labelWidth =
      yTicks.values.map { TextMetrics.width(yTicks.label($0), size: Self.tickSize) }.max() ?? 0
    let plot = Frame(
      x: 26 + labelWidth + 8, y: top, width: width - 34 - labelWidth - 18, height: bottom - top)
    let y = AxisScale(domain: yDomain, start: plot.bottom - 1, end: plot.y + 1)
    drawYAxis(in: &drawing, plot, y, yTicks)
    let x = AxisScale(domain: xDomain, start: plot.x + 4, end: plot.right - 4)
    drawXAxis(in: &drawing, plot, x)
    if let mark, AxisScale.isDrawable(mark.x) { draw(mark, in: &drawing, plot, x) }
    let hasPoints = series.contains { $0.y.contains(where: AxisScale.isDrawable) }
    if !hasPoints {
      drawing.text(
        "no data", at: plot.center, size: 13, .muted, anchor: .middle, vertical: .middle)
    }
    for (index, curve) in series.enumerated() { draw(curve, index, in: &drawing, x, y) }
    addTooltips(to: &drawing, plot, x, y)
    return drawing
  }

  private static let margin = 10.0
  static let tickSize = 12.0
  private static let titleSize = 13.0
  /// Curves of at most this many points show each point as a dot.
  private static let dotLimit = 16

  /// From the smallest to the largest x; half a unit around a single x.
  private var xDomain: ClosedRange<Double> {
    let places = (series.flatMap(\.x) + (mark.map { [$0.x] } ?? []))
      .filter(AxisScale.isDrawable)
    guard let first = places.min(), let last = places.max() else { return 0...1 }
    // A relative margin, because half a unit is lost to rounding at large magnitudes.
    let smallest = max(first.magnitude, last.magnitude) * 1e-9
    guard last - first > smallest else {
      let half = max(0.5, smallest)
      return first - half...first + half
    }
    return first...last
  }

  /// The largest number of points drawn for a curve, several per pixel.
  private static let pointLimit = 4_000

  /// Downsamples a long curve: the minimum and the maximum of each of `pointLimit / 2` equal parts,
  /// in their order.
  private static func downsampled(_ points: [Point?]) -> [Point?] {
    guard points.count > pointLimit else { return points }
    let parts = pointLimit / 2
    return (0..<parts).flatMap { part -> [Point?] in
      let range = part * points.count / parts..<(part + 1) * points.count / parts
      let drawn = range.filter { points[$0] != nil }
      guard let smallest = drawn.min(by: { height(points[$0]) < height(points[$1]) }),
        let largest = drawn.max(by: { height(points[$0]) < height(points[$1]) })
      else { return [nil] }
      return smallest == largest
        ? [points[smallest]] : [points[min(smallest, largest)], points[max(smallest, largest)]]
    }
  }

  private static func height(_ point: Point?) -> Double { point?.y ?? 0 }

  private func drawYAxis(
    in drawing: inout Drawing, _ plot: Frame, _ scale: AxisScale, _ ticks: Ticks
  ) {
    for value in ticks.values {
      let y = scale(value)
      drawing.line(from: Point(plot.x, y), to: Point(plot.right, y), .grid)
      drawing.text(
        ticks.label(value), at: Point(plot.x - 8, y), size: Self.tickSize, .muted, anchor: .end,
        vertical: .middle)
    }
    drawing.line(from: Point(plot.x, plot.y), to: Point(plot.x, plot.bottom), .axis)
    let title = TextMetrics.truncated(
      yTitle + ticks.unit, to: plot.height, size: Self.titleSize)
    drawing.text(
      title, at: Point(16, plot.center.y), size: Self.titleSize, anchor: .middle, angle: 90)
  }

  private func drawXAxis(in drawing: inout Drawing, _ plot: Frame, _ scale: AxisScale) {
    // The widest label plus its margins.
    let widest = TextMetrics.width(
      NumberFormat.integer(scale.domain.upperBound), size: Self.tickSize)
    let limit = max(1, Int(plot.width / (widest + 16)))
    for value in Ticks(in: scale.domain, limit: min(limit, 12), areWhole: true).values {
      let x = scale(value)
      drawing.line(from: Point(x, plot.bottom), to: Point(x, plot.bottom + 4), .axis)
      drawing.text(
        NumberFormat.integer(value), at: Point(x, plot.bottom + 8), size: Self.tickSize, .muted,
        anchor: .middle, vertical: .top)
    }
    drawing.line(from: Point(plot.x, plot.bottom), to: Point(plot.right, plot.bottom), .axis)
    drawing.text(
      xTitle, at: Point(plot.center.x, drawing.height - 6), size: Self.titleSize, anchor: .middle)
  }

  private func draw(
    _ mark: Mark, in drawing: inout Drawing, _ plot: Frame, _ scale: AxisScale
  ) {
    let x = scale(mark.x)
    let label = TextMetrics.truncated(mark.label, to: plot.width, size: Self.tickSize)
    let half = TextMetrics.width(label, size: Self.tickSize) / 2
    let center = min(max(x, plot.x + half), plot.right - half)
    drawing.line(from: Point(x, plot.y - 3), to: Point(x, plot.bottom), .muted, dash: "3 3")
    drawing.text(
      label, at: Point(center, plot.y - 8), size: Self.tickSize, .muted, anchor: .middle)
  }

  private func draw(
    _ curve: Series, _ index: Int, in drawing: inout Drawing, _ x: AxisScale, _ y: AxisScale
  ) {
    let paint = Palette.line(index)
    let points = zip(curve.x, curve.y).map { position, height in
      AxisScale.isDrawable(height) && AxisScale.isDrawable(position)
        ? Point(x(position), y(height)) : nil
    }
    let runs = Self.downsampled(points).split(separator: nil).map { $0.compactMap { $0 } }
    let commands = runs.filter { $0.count > 1 }.map(Drawing.commands).joined()
    if !commands.isEmpty {
      drawing.path(commands, stroke: paint, width: 2, dash: Palette.dash(index))
    }
    let showsAll = points.count <= Self.dotLimit
    for run in runs where showsAll || run.count == 1 {
      for point in run { drawing.circle(point, radius: 2.8, fill: paint) }
    }
  }
}
