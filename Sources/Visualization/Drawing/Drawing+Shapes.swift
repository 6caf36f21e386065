internal import Glibc

/// A point in CSS pixels; y grows downward.
package struct Point: Sendable, Equatable {
  package var x: Double
  package var y: Double

  package init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// An axis-aligned rectangle.
package struct Frame: Sendable, Equatable {
  package var x: Double
  package var y: Double
  package var width: Double
  package var height: Double

  package init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  package var right: Double { x + width }
  package var bottom: Double { y + height }
  package var center: Point { Point(x + width / 2, y + height / 2) }
}

/// A counterclockwise rotation about the origin, as seen on a screen, where y grows downward.
struct Rotation {
  private let cosine: Double
  private let sine: Double

  init(degrees: Int) {
    let radians = Double(degrees) * .pi / 180
    cosine = cos(radians)
    sine = sin(radians)
  }

  func applied(to point: Point) -> Point {
    Point(point.x * cosine + point.y * sine, point.y * cosine - point.x * sine)
  }
}

extension Drawing {
  package mutating func line(
    from start: Point, to end: Point, _ stroke: Paint, width: Double = 1, dash: String? = nil
  ) {
    add(
      SVGElement("line").with("x1", start.x).with("y1", start.y).with("x2", end.x)
        .with("y2", end.y).with("stroke", stroke).with("stroke-width", width)
        .with("stroke-dasharray", dash))
  }

  package mutating func rectangle(
    _ frame: Frame, fill: Paint? = nil, stroke: Paint? = nil, width: Double = 1,
    radius: Double? = nil
  ) {
    var element = SVGElement("rect").with("x", frame.x).with("y", frame.y)
      .with("width", frame.width).with("height", frame.height).with("rx", radius)
      .with("fill", fill)
    if let stroke { element = element.with("stroke", stroke).with("stroke-width", width) }
    add(element)
  }

  package mutating func circle(
    _ center: Point, radius: Double, fill: Paint? = nil, stroke: Paint? = nil, width: Double = 1
  ) {
    var element = SVGElement("circle").with("cx", center.x).with("cy", center.y)
      .with("r", radius).with("fill", fill)
    if let stroke { element = element.with("stroke", stroke).with("stroke-width", width) }
    add(element)
  }

  /// - Parameter commands: SVG path data.
  package mutating func path(
    _ commands: String, fill: Paint? = nil, stroke: Paint? = nil, width: Double = 1,
    dash: String? = nil
  ) {
    var element = SVGElement("path").with("d", commands).with("fill", fill)
    if let stroke {
      element = element.with("stroke", stroke).with("stroke-width", width)
        .with("stroke-dasharray", dash).with("stroke-linejoin", "round")
    }
    add(element)
  }

  package mutating func polygon(_ points: [Point], fill: Paint, stroke: Paint) {
    path(Self.commands(points) + "Z", fill: fill, stroke: stroke, width: 0.75)
  }

  /// - Parameter label: A text alternative. Default: none.
  package mutating func image(_ image: PixelImage, in frame: Frame, label: String? = nil) {
    // `optimizeSpeed` for renderers that do not support `pixelated`.
    add(
      SVGElement(
        "image",
        children: label.map { [SVGElement("title", text: Excerpt.of($0, limit: 200))] } ?? []
      )
      .with("x", frame.x).with("y", frame.y).with("width", frame.width)
      .with("height", frame.height).with("preserveAspectRatio", "none")
      .with("style", "image-rendering:optimizeSpeed;image-rendering:pixelated")
      .with("href", image.dataURI))
  }

  /// SVG path data of a polyline.
  package static func commands(_ points: [Point]) -> String {
    points.enumerated().map { index, point in
      (index == 0 ? "M" : "L") + coordinates(point)
    }.joined()
  }

  /// A point in SVG path data, such as `3 4.25`.
  package static func coordinates(_ point: Point) -> String {
    "\(SVGElement.number(point.x)) \(SVGElement.number(point.y))"
  }
}
