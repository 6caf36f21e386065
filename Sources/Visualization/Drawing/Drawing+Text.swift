extension Drawing {
  /// The point of a line of text that lies at the given x.
  package enum HorizontalAnchor: String {
    case start, middle, end

    var fraction: Double {
      switch self {
      case .start: 0
      case .middle: 0.5
      case .end: 1
      }
    }
  }

  /// The point of a line of text that lies at the given y.
  package enum VerticalAnchor {
    case baseline, middle, top

    /// The distance from the anchor down to the baseline, in font sizes.
    var drop: Double {
      switch self {
      case .baseline: 0
      case .middle: TextMetrics.capHeight / 2
      case .top: TextMetrics.ascent
      }
    }
  }

  /// Adds a line of text and records its bounding box.
  ///
  /// - Parameters:
  ///   - size: The font size in CSS pixels.
  ///   - angle: A rotation about the anchor in degrees, counterclockwise.
  package mutating func text(
    _ string: String, at position: Point, size: Double, _ paint: Paint = .ink,
    anchor: HorizontalAnchor = .start, vertical: VerticalAnchor = .baseline, angle: Int = 0,
    isBold: Bool = false, tooltip: String? = nil
  ) {
    guard !string.isEmpty else { return }
    let drop = vertical.drop * size
    var element = SVGElement("text", text: string)
    if angle == 0 {
      element = element.with("x", position.x).with("y", position.y + drop)
    } else {
      element =
        element
        .with("transform", "translate(\(Self.coordinates(position))) rotate(\(-angle))")
        .with("y", drop)
    }
    element = element.with("font-size", size).with("fill", paint)
    if anchor != .start { element = element.with("text-anchor", anchor.rawValue) }
    if isBold { element = element.with("font-weight", "600") }
    if let tooltip, tooltip != string {
      element.children = [SVGElement("title", text: Excerpt.of(tooltip, limit: 200))]
    }
    add(element)
    reserve(box(string, at: position, size: size, drop, anchor, angle, isBold))
  }

  private func box(
    _ string: String, at position: Point, size: Double, _ drop: Double, _ anchor: HorizontalAnchor,
    _ angle: Int, _ isBold: Bool
  ) -> TextBox {
    let width = TextMetrics.width(string, size: size, isBold: isBold)
    let (left, right) = (-width * anchor.fraction, width * (1 - anchor.fraction))
    let (top, bottom) = (drop - TextMetrics.ascent * size, drop + TextMetrics.descent * size)
    let turn = Rotation(degrees: angle)
    let corners = [
      Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom),
    ].map { corner in
      let turned = turn.applied(to: corner)
      return Point(position.x + turned.x, position.y + turned.y)
    }
    return TextBox(text: string, corners: corners)
  }
}
