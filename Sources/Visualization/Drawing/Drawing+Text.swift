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

/// Estimates of text widths without access to a font.
///
/// The width of each printable ASCII character is the larger one of Liberation Sans (equal to Arial
/// and Helvetica) and DejaVu Sans, the widest common sans-serif fallback.
package enum TextMetrics {
  /// In thousandths of the font size, from U+0020 to U+007E.
  private static let widths: [Int] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 556,
    1015, 684, 686, 722, 770, 667, 611, 778, 752, 295, 500, 667, 557, 863, 748, 787,
    667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838, 556,
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
  ]

  /// The width of bold text relative to regular text.
  private static let boldFactor = 1.13

  /// The ascent in font sizes.
  static let ascent = 0.76
  /// The descent in font sizes.
  static let descent = 0.22
  /// The height of capitals in font sizes.
  static let capHeight = 0.72

  /// The width of `text` in the unit of `size`.
  package static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
    scaled(text.reduce(0) { $0 + width(of: $1) }, size, isBold)
  }

  private static func scaled(_ thousandths: Int, _ size: Double, _ isBold: Bool) -> Double {
    Double(thousandths) / 1_000 * size * (isBold ? boldFactor : 1)
  }

  /// The text, truncated with an ellipsis to a width of at most `limit`.
  ///
  /// Reads no more of the text than fits. Characters of more than 16 scalars (stacked combining
  /// marks) are treated as too wide.
  package static func truncated(
    _ text: String, to limit: Double, size: Double, isBold: Bool = false
  ) -> String {
    var sum = 0
    // The end of the longest prefix that leaves room for the ellipsis.
    var end = text.startIndex
    var index = text.startIndex
    while index < text.endIndex {
      let next = text.index(after: index)
      sum += width(of: text[index])
      let isStacked = text[index..<next].unicodeScalars.count > 16
      if isStacked || scaled(sum, size, isBold) > limit {
        var kept = text[..<end]
        while kept.last?.isWhitespace == true { kept.removeLast() }
        return kept + "…"
      }
      if scaled(sum + width(of: "…"), size, isBold) <= limit { end = next }
      index = next
    }
    return text
  }

  private static func width(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0x20...0x7e: return widths[Int(scalar.value) - 0x20]
    case 0xa0, 0xb7: return 318
    case 0xc0...0x24f, 0x370...0x3ff: return scalar.properties.isUppercase ? 800 : 660
    default: return 1_080
    }
  }
}

/// The bounding box of a text in a drawing.
package struct TextBox: Sendable, Equatable {
  package let text: String
  /// In order around the box, which may be rotated.
  package let corners: [Point]

  func moved(by offset: Point) -> TextBox {
    TextBox(text: text, corners: corners.map { Point($0.x + offset.x, $0.y + offset.y) })
  }
}
