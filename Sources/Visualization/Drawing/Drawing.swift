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
