public import FoundationEssentials
internal import PinionTensor

/// A picture made of lines, areas, text and images, as SVG.
///
/// Equal drawings are equal bytes. Text is set in the reader's sans-serif font; layouts leave room for wide ones.
public struct Drawing: Sendable, Equatable {
  /// The width in CSS pixels (1/96 inch).
  public internal(set) var width: Double
  /// The height in CSS pixels.
  public internal(set) var height: Double
  /// What the picture shows, in a few words, for those who do not see it.
  public let title: String
  /// More of it, in sentences.
  public let details: String

  private(set) var elements: [SVGElement] = []
  /// What a page shows over the picture while a pointer is there; files do without.
  private(set) var overlays: [SVGElement] = []
  /// Where all text lies.
  private(set) var texts: [TextBox] = []

  init(width: Double, height: Double, title: String, details: String = "") {
    self.width = width
    self.height = height
    self.title = Excerpt.of(title, limit: 200)
    self.details = Excerpt.of(details, limit: Excerpt.sentenceLimit)
  }

  /// The picture as a file of its own: dark on a white ground, with nothing to load from elsewhere.
  public func svg() -> String {
    var output = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    let paper = SVGElement("rect").with("width", "100%").with("height", "100%")
      .with("fill", Paint.paper)
    root(ground: [paper], isFile: true).write(to: &output, theme: .file)
    return output + "\n"
  }

  /// Writes ``svg()``; the file appears under its name only when complete.
  ///
  /// Throws `FileError` if it cannot be written.
  public func write(to file: URL) throws { try AtomicFile.write(svg(), to: file) }

  /// The picture as a part of a page, as wide as there is room, in the page's colors.
  ///
  /// - Parameter widths: As a share of its own width, how narrow and how wide it becomes.
  func inlineSVG(widths: ClosedRange<Double>) -> String {
    let least = SVGElement.number(width * widths.lowerBound)
    let greatest = SVGElement.number(width * widths.upperBound)
    var output = ""
    root(ground: [], isFile: false)
      .with("style", "min-width:\(least)px;max-width:\(greatest)px")
      .write(to: &output, theme: .page)
    return output
  }

  /// Adds an element.
  mutating func add(_ element: SVGElement) { elements.append(element) }

  /// Adds what only a page shows.
  mutating func addOverlay(_ element: SVGElement) { overlays.append(element) }

  /// Adds a text's room, for an element that was added.
  mutating func reserve(_ box: TextBox) { texts.append(box) }

  /// Adds all of another drawing, moved.
  mutating func place(_ other: Drawing, at offset: Point) {
    let moved = SVGElement("g", children: other.elements)
      .with(
        "transform",
        "translate(\(SVGElement.number(offset.x)) \(SVGElement.number(offset.y)))")
    elements.append(moved)
    texts += other.texts.map { $0.moved(by: offset) }
  }

  /// Adds what `body` draws as one group of a class that the page's style may name.
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
