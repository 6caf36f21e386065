extension Drawing {
  /// Adds a line.
  mutating func line(
    from start: Point, to end: Point, _ stroke: Paint, width: Double = 1, dash: String? = nil
  ) {
    add(
      SVGElement("line").with("x1", start.x).with("y1", start.y).with("x2", end.x)
        .with("y2", end.y).with("stroke", stroke).with("stroke-width", width)
        .with("stroke-dasharray", dash))
  }

  /// Adds a rectangle.
  mutating func rectangle(
    _ frame: Frame, fill: Paint? = nil, stroke: Paint? = nil, width: Double = 1,
    radius: Double? = nil
  ) {
    var element = SVGElement("rect").with("x", frame.x).with("y", frame.y)
      .with("width", frame.width).with("height", frame.height).with("rx", radius)
      .with("fill", fill)
    if let stroke { element = element.with("stroke", stroke).with("stroke-width", width) }
    add(element)
  }

  /// Adds a circle.
  mutating func circle(
    _ center: Point, radius: Double, fill: Paint? = nil, stroke: Paint? = nil, width: Double = 1
  ) {
    var element = SVGElement("circle").with("cx", center.x).with("cy", center.y)
      .with("r", radius).with("fill", fill)
    if let stroke { element = element.with("stroke", stroke).with("stroke-width", width) }
    add(element)
  }

  /// Adds a path, in SVG's own language.
  mutating func path(
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

  /// Adds a filled polygon with an outline.
  mutating func polygon(_ points: [Point], fill: Paint, stroke: Paint) {
    path(Self.commands(points) + "Z", fill: fill, stroke: stroke, width: 0.75)
  }

  /// Adds an image.
  mutating func image(_ image: PixelImage, in frame: Frame, label: String? = nil) {
    // Programs that do not know `pixelated` still know the older word.
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

  /// The path through points.
  static func commands(_ points: [Point]) -> String {
    points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(SVGElement.number(point.x)) \(SVGElement.number(point.y))"
    }.joined()
  }
}
