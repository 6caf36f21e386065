internal import PinionVisualization

/// An HTML fragment. Strings are escaped when they become fragments; only this file writes markup.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  let markup: String

  private init(markup: String) { self.markup = markup }

  /// Escapes `text`.
  init(_ text: String) { self.init(markup: Markup.escaped(text)) }

  /// Escapes `text`.
  init(stringLiteral text: String) { self.init(text) }

  /// A truncated name with line break opportunities after its underscores.
  static func name(_ text: String) -> HTML {
    HTML(
      markup: Excerpt.of(text).split(separator: "_", omittingEmptySubsequences: false)
        .map { Markup.escaped(String($0)) }.joined(separator: "_<wbr/>"))
  }

  /// A truncated name in a sentence, isolated from the direction of the text around it: one in a
  /// right-to-left script would reorder the numbers after it.
  static func isolated(_ text: String) -> HTML { element("bdi", [:], [HTML(Excerpt.of(text))]) }

  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [HTML] = []
  ) -> HTML {
    let list = attributes.map { " \($0)=\"\(Markup.escaped($1))\"" }.joined()
    return HTML(markup: "<\(name)\(list)>\(content.map(\.markup).joined())</\(name)>")
  }

  /// An image, reduced to at most 168 pixels on each side.
  ///
  /// - Parameter label: The text alternative.
  static func image(_ image: PixelImage, label: String) -> HTML {
    let label = Excerpt.of(label, limit: 200)
    let image = image.thumbnail
    return HTML(
      markup: "<img src=\"\(image.dataURI)\" alt=\"\(Markup.escaped(label))\" "
        + "width=\"\(image.width)\" height=\"\(image.height)\"/>")
  }

  /// An inline drawing that scales with its container until text of 12 pixels is 11 pixels high,
  /// and scrolls below that width.
  ///
  /// - Parameters:
  ///   - minScale: The smallest width as a factor of the drawing's width. Default: 11/12.
  ///   - maxScale: The largest width as a factor of the drawing's width. Default: 1.15.
  static func drawing(
    _ drawing: Drawing, minScale: Double = 11.0 / 12, maxScale: Double = 1.15,
    className: String = ""
  ) -> HTML {
    element(
      "div", ["class": "scroll \(className)", "tabindex": "0"],
      [HTML(markup: drawing.inlineSVG(widths: minScale...maxScale))])
  }

  /// One drawing, or several variants of which the style sheet shows one, with a caption.
  static func figure(_ content: [HTML], caption: HTML? = nil) -> HTML {
    element("figure", [:], content + (caption.map { [element("figcaption", [:], [$0])] } ?? []))
  }

  static func paragraph(_ content: HTML...) -> HTML { element("p", [:], content) }

  /// A section with a heading.
  static func section(_ title: String, _ content: [HTML]) -> HTML {
    element("section", [:], [element("h2", [:], [HTML(title)])] + content)
  }

  /// A table whose first column contains row headers and whose first `words` columns contain text;
  /// the others contain numbers.
  ///
  /// - Parameter links: Links of the row headers, from the first row on. Default: none.
  static func table(
    _ header: [String], _ rows: [[String]], words: Int = 1, label: String, className: String = "",
    links: [String] = []
  ) -> HTML {
    func kind(_ column: Int) -> String { column < words ? "word" : "number" }
    let head = header.enumerated().map { column, text in
      element("th", ["scope": "col", "class": kind(column)], [.name(text)])
    }
    let body = rows.enumerated().map { index, row in
      element(
        "tr", [:],
        row.enumerated().map { column, text in
          if column > 0 { return element("td", ["class": kind(column)], [cell(text)]) }
          let name = HTML.name(text)
          let isLinked = links.indices.contains(index)
          return element(
            "th", ["scope": "row", "class": isLong(text) ? "long" : ""],
            [isLinked ? element("a", ["href": links[index]], [name]) : name])
        })
    }
    return element(
      "div", ["class": "scroll \(className)", "tabindex": "0"],
      [
        element(
          "table", ["aria-label": label],
          [element("thead", [:], [element("tr", [:], head)]), element("tbody", [:], body)])
      ])
  }

  private static func cell(_ text: String) -> HTML {
    HTML(Excerpt.of(text, limit: Excerpt.sentenceLimit))
  }

  /// Whether a name has a word that must be broken on a narrow page.
  private static func isLong(_ name: String) -> Bool {
    name.split { $0 == " " || $0 == "_" || $0 == "-" }.contains { $0.count > 22 }
  }

  /// A disclosure element, initially closed.
  static func details(_ summary: String, _ content: [HTML]) -> HTML {
    element("details", [:], [element("summary", [:], [HTML(summary)])] + content)
  }

  /// A complete HTML document without scripts or external resources.
  static func page(title: String, _ content: [HTML]) -> String {
    let page = element(
      "html", ["lang": "en"],
      [
        element(
          "head", [:],
          [
            HTML(markup: "<meta charset=\"utf-8\"/>"),
            HTML(
              markup: "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"),
            HTML(markup: "<meta name=\"color-scheme\" content=\"light dark\"/>"),
            element("title", [:], [HTML(Excerpt.of(title, limit: 200))]),
            HTML(markup: "<style>\(PageStyle.text)</style>"),
          ]),
        element("body", [:], [element("main", [:], content)]),
      ])
    return "<!DOCTYPE html>\n" + page.markup + "\n"
  }
}
