/// The room that a text takes in a drawing, as its layout reckons with it.
struct TextBox: Sendable, Equatable {
  let text: String
  /// In order around the box, which may be turned.
  let corners: [Point]

  /// The box moved.
  func moved(by offset: Point) -> TextBox {
    TextBox(text: text, corners: corners.map { Point($0.x + offset.x, $0.y + offset.y) })
  }
}
