public import FoundationEssentials
internal import PinionTensor

/// A vector graphic of shapes, text and images, written as SVG.
///
/// Equal drawings give equal bytes. Text uses the viewer's sans-serif font; layouts allow for wide
/// ones.
public struct Drawing: Sendable, Equatable {
  /// The width in CSS pixels (1/96 inch).
  public package(set) var width: Double
  /// The height in CSS pixels.
  public package(set) var height: Double
  /// A short text alternative.
  public let title: String
  /// A longer text alternative.
  public let details: String

  private(set) var elements: [SVGElement] = []
  /// Elements shown on pages only, while the pointer is over them.
  private(set) var overlays: [SVGElement] = []
  /// The bounding boxes of all text.
  package private(set) var texts: [TextBox] = []

  package init(width: Double, height: Double, title: String, details: String = "") {
    self.width = width
    self.height = height
    self.title = Excerpt.of(title, limit: 200)
    self.details = Excerpt.of(details, limit: Excerpt.sentenceLimit)
  }

  /// A standalone SVG document in light colors, without external resources.
  public func svg() -> String {
    var output = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    let paper = SVGElement("rect").with("width", "100%").with("height", "100%")
      .with("fill", Paint.paper)
    root(ground: [paper], isFile: true).write(to: &output, theme: .file)
    return output + "\n"
  }

  /// Writes ``svg()`` to a file, atomically.
  ///
  /// - Throws: `FileError` if the file cannot be written.
  public func write(to file: URL) throws { try AtomicFile.write(svg(), to: file) }

  /// An SVG element for a page: as wide as its container, in the page's colors.
  ///
  /// - Parameter widths: The smallest and the largest width, as factors of `width`.
  package func inlineSVG(widths: ClosedRange<Double>) -> String {
    let minimum = SVGElement.number(width * widths.lowerBound)
    let maximum = SVGElement.number(width * widths.upperBound)
    var output = ""
    root(ground: [], isFile: false)
      .with("style", "min-width:\(minimum)px;max-width:\(maximum)px")
      .write(to: &output, theme: .page)
    return output
  }

  mutating func add(_ element: SVGElement) { elements.append(element) }

  mutating func addOverlay(_ element: SVGElement) { overlays.append(element) }

  mutating func reserve(_ box: TextBox) { texts.append(box) }

  /// Adds all elements of another drawing, translated by `offset`.
  package mutating func place(_ other: Drawing, at offset: Point) {
    let moved = SVGElement("g", children: other.elements)
      .with("transform", "translate(\(Self.coordinates(offset)))")
    elements.append(moved)
    texts += other.texts.map { $0.moved(by: offset) }
  }

  /// Adds the elements that `body` draws as a group with a CSS class.
  mutating func group(_ className: String, _ body: (inout Drawing) -> Void) {
    var inner = Drawing(width: width, height: height, title: title)
    body(&inner)
    elements.append(SVGElement("g", children: inner.elements).with("class", className))
    texts += inner.texts
  }

  private func root(ground: [SVGElement], isFile: Bool) -> SVGElement {
    let size = "0 0 \(SVGElement.number(width)) \(SVGElement.number(height))"
    var labels = [SVGElement("title", text: title)]
    if !details.isEmpty { labels.append(SVGElement("desc", text: details)) }
    return SVGElement("svg", children: labels + ground + elements + (isFile ? [] : overlays))
      .with("xmlns", isFile ? "http://www.w3.org/2000/svg" : nil)
      .with("width", isFile ? width : nil).with("height", isFile ? height : nil)
      .with("viewBox", size).with("role", "img")
      .with("aria-label", details.isEmpty ? title : "\(title). \(details)")
      .with("font-family", "Helvetica, Arial, 'Liberation Sans', sans-serif")
  }
}

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
