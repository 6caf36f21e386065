/// A piece of HTML. Text that becomes one is escaped; only what this file writes is markup.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  let markup: String

  private init(markup: String) { self.markup = markup }

  /// Text.
  init(_ text: String) { self.init(markup: Markup.escaped(text)) }

  /// Text.
  init(stringLiteral text: String) { self.init(text) }

  /// A name, which may be broken behind its underscores; a long one is cut.
  static func name(_ text: String) -> HTML {
    HTML(
      markup: Excerpt.of(text).split(separator: "_", omittingEmptySubsequences: false)
        .map { Markup.escaped(String($0)) }.joined(separator: "_<wbr/>"))
  }

  /// An element with attributes and content.
  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [HTML] = []
  ) -> HTML {
    let list = attributes.map { " \($0)=\"\(Markup.escaped($1))\"" }.joined()
    return HTML(markup: "<\(name)\(list)>\(content.map(\.markup).joined())</\(name)>")
  }

  /// An image that is read out as `label`.
  static func image(_ image: PixelImage, label: String) -> HTML {
    let label = Excerpt.of(label, limit: 200)
    return HTML(
      markup: "<img src=\"\(image.dataURI)\" alt=\"\(Markup.escaped(label))\" "
        + "width=\"\(image.width)\" height=\"\(image.height)\"/>")
  }

  /// A drawing in the page's colors that shrinks until its smallest text is 11 pixels high, and from there on scrolls.
  ///
  /// - Parameters:
  ///   - least: As a share of its width, how narrow the drawing becomes. Default: so that text of 12 pixels becomes 11.
  ///   - greatest: How wide. Default: 1.15.
  static func drawing(
    _ drawing: Drawing, least: Double = 11.0 / 12, greatest: Double = 1.15,
    className: String = ""
  ) -> HTML {
    element(
      "div", ["class": "scroll \(className)", "tabindex": "0"],
      [HTML(markup: drawing.inlineSVG(widths: least...greatest))])
  }

  /// A drawing, or several of which the page's style shows one, with a caption.
  static func figure(_ content: [HTML], caption: HTML? = nil) -> HTML {
    element("figure", [:], content + (caption.map { [element("figcaption", [:], [$0])] } ?? []))
  }

  static func paragraph(_ content: HTML...) -> HTML { element("p", [:], content) }

  /// A part of the page under a heading.
  static func section(_ title: String, _ content: [HTML]) -> HTML {
    element("section", [:], [element("h2", [:], [HTML(title)])] + content)
  }

  /// A table whose first column names the rows, the first `words` columns are words, and the others numbers.
  ///
  /// - Parameter links: Where the names of the first rows lead. Default: nowhere.
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

  /// A cell's text, as much as a page has room for.
  private static func cell(_ text: String) -> HTML {
    HTML(Excerpt.of(text, limit: Excerpt.sentenceLimit))
  }

  /// Whether a name has a word that a narrow page must break.
  private static func isLong(_ name: String) -> Bool {
    name.split { $0 == " " || $0 == "_" || $0 == "-" }.contains { $0.count > 22 }
  }

  /// Text that opens and closes under a heading of its own, closed at first.
  static func details(_ summary: String, _ content: [HTML]) -> HTML {
    element("details", [:], [element("summary", [:], [HTML(summary)])] + content)
  }

  /// A whole page: everything in one file, with nothing to load and nothing to run.
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
