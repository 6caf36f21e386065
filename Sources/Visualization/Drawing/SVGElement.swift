/// An SVG element: name, attributes in order, and content.
struct SVGElement: Sendable, Equatable {
  enum Value: Sendable, Equatable {
    case text(String)
    case number(Double)
    case paint(Paint)
  }

  struct Attribute: Sendable, Equatable {
    let name: String
    let value: Value
  }

  let name: String
  private(set) var attributes: [Attribute] = []
  var children: [SVGElement] = []
  var text: String?

  init(_ name: String, text: String? = nil, children: [SVGElement] = []) {
    self.name = name
    self.text = text
    self.children = children
  }

  /// The element with one more attribute; unchanged for nil.
  func with(_ name: String, _ value: String?) -> SVGElement {
    adding(name, value.map(Value.text))
  }

  /// The element with one more attribute, rounded to two decimals; unchanged for nil.
  func with(_ name: String, _ value: Double?) -> SVGElement {
    adding(name, value.map(Value.number))
  }

  /// The element with one more attribute; `none` for nil.
  func with(_ name: String, _ value: Paint?) -> SVGElement {
    adding(name, value.map(Value.paint) ?? .text("none"))
  }

  /// Appends the element's markup to `output`.
  func write(to output: inout String, theme: Theme) {
    output += "<\(name)"
    for attribute in attributes {
      let value =
        switch attribute.value {
        case .text(let text): Markup.escaped(text)
        case .number(let number): Self.number(number)
        case .paint(let paint): paint.text(for: theme)
        }
      output += " \(attribute.name)=\"\(value)\""
    }
    guard text != nil || !children.isEmpty else {
      output += "/>"
      return
    }
    output += ">"
    if let text { output += Markup.escaped(text) }
    for child in children { child.write(to: &output, theme: theme) }
    output += "</\(name)>"
  }

  /// A coordinate with at most two decimals, independent of the locale. Clamped to ±1e9; NaN
  /// becomes 0.
  static func number(_ value: Double) -> String {
    let bounded = value.isNaN ? 0 : min(1e9, max(-1e9, value))
    let hundredths = Int((bounded * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    if rest.isMultiple(of: 10) { return "\(sign)\(whole).\(rest / 10)" }
    return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  private func adding(_ name: String, _ value: Value?) -> SVGElement {
    guard let value else { return self }
    var copy = self
    copy.attributes.append(Attribute(name: name, value: value))
    return copy
  }
}
