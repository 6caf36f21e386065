internal import PinionTensor

/// Curves over a common axis, such as a loss over the epochs.
public struct LineChart: Sendable, Equatable {
  /// A named curve.
  public struct Series: Sendable, Equatable {
    /// What the legend calls it.
    public var name: String
    /// The places of its points along the horizontal axis, rising.
    public var x: [Double]
    /// The points' heights. One that is not finite is a gap in the curve.
    public var y: [Double]

    /// A curve through points. Traps unless there are as many heights as places.
    public init(_ name: String, x: [Double], y: [Double]) {
      require(x.count == y.count, "\(x.count) places, \(y.count) heights of \(name)")
      self.name = name
      self.x = x
      self.y = y
    }
  }

  /// A place along the horizontal axis that matters.
  public struct Mark: Sendable, Equatable {
    /// Where it is.
    public var x: Double
    /// What is written there.
    public var label: String

    /// A place and its name.
    public init(x: Double, label: String) {
      self.x = x
      self.label = label
    }
  }

  /// The curves. Each has a color and a dash pattern of its own.
  public var series: [Series]
  /// What is under the horizontal axis.
  public var xTitle: String
  /// What is beside the vertical axis.
  public var yTitle: String
  /// Between which numbers the vertical axis stays while the curves do. Default: no bounds.
  public var yLimits: ClosedRange<Double>?
  /// A place to point out, such as the best epoch. Default: none.
  public var mark: Mark?
  /// The width of the drawing in pixels. Default: 400.
  public var width: Double
  /// The height of the drawing without its legend, in pixels. Default: 280.
  public var height: Double

  /// A chart of curves.
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

  /// What the chart shows, in words.
  var details: String {
    let curves = series.compactMap { curve -> String? in
      guard let last = curve.y.last(where: AxisScale.isDrawable) else { return nil }
      return "\(curve.name) ends at \(SignificantText.digits(last, 4))"
    }
    let points = mark.map { ["\($0.label)"] } ?? []
    return (curves + points).joined(separator: "; ")
  }
}
