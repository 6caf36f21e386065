/// A color with a light-mode and a dark-mode value.
package struct Paint: Sendable, Equatable {
  /// The name of its CSS variable; nil if the color is the same in both modes.
  let name: String?
  package let light: String
  package let dark: String

  init(_ name: String, light: String, dark: String) {
    self.name = name
    self.light = light
    self.dark = dark
  }

  /// The same color in both modes.
  package init(_ color: RGB) {
    name = nil
    light = color.hex
    dark = color.hex
  }

  /// The value of an SVG attribute.
  func text(for theme: Theme) -> String {
    guard theme == .page, let name else { return light }
    return "var(--\(name))"
  }
}

extension Paint {
  package static let paper = Paint("paper", light: "#ffffff", dark: "#15181c")
  package static let ink = Paint("ink", light: "#1c2128", dark: "#e8eaed")
  package static let muted = Paint("muted", light: "#57606a", dark: "#a3abb5")
  package static let grid = Paint("grid", light: "#dfe3e8", dark: "#30363d")
  package static let axis = Paint("axis", light: "#8c959f", dark: "#6e7681")
  package static let panel = Paint("panel", light: "#f4f6f8", dark: "#1e2329")
  /// The edge of an area that scrolls.
  static let edge = Paint("edge", light: "#8a929c", dark: "#5a626c")
  package static let correct = Paint("correct", light: "#007a5a", dark: "#2fc79a")
  package static let incorrect = Paint("incorrect", light: "#c14e00", dark: "#ff8a3d")

  /// All colors with CSS variables.
  static let named =
    [paper, ink, muted, grid, axis, panel, edge, correct, incorrect] + blackOrWhite + Palette.lines

  /// Black or white, whichever has the higher contrast with `color`, which dark pages invert.
  static func text(on color: RGB) -> Paint {
    let (light, dark) = (color.contrasting.hex, color.inverted.contrasting.hex)
    return blackOrWhite.first { $0.light == light && $0.dark == dark } ?? ink
  }

  private static let blackOrWhite = [RGB.black, .white].flatMap { light in
    [RGB.black, .white].map { dark in
      Paint(
        "\(light == .black ? "black" : "white")-\(dark == .black ? "black" : "white")",
        light: light.hex, dark: dark.hex)
    }
  }

  /// CSS declarations of all named colors in one of the modes.
  package static func declarations(_ value: KeyPath<Paint, String>) -> String {
    named.compactMap { paint in paint.name.map { "--\($0):\(paint[keyPath: value])" } }
      .joined(separator: ";")
  }
}

enum Theme: Sendable {
  /// A standalone file: always light colors, for papers and other programs.
  case file
  /// An HTML page, whose style sheet sets the colors.
  case page
}

/// Colors that are distinguishable with all kinds of color vision, each with a dash pattern and a
/// marker.
///
/// Source: Okabe and Ito, "Color Universal Design", 2008.
package enum Palette {
  package static let orange = RGB(0xe69f00)
  package static let skyBlue = RGB(0x56b4e9)
  package static let green = RGB(0x009e73)
  package static let yellow = RGB(0xf0e442)
  package static let blue = RGB(0x0072b2)
  package static let vermillion = RGB(0xd55e00)
  package static let purple = RGB(0xcc79a7)

  /// Line colors, adjusted where the contrast with a white or a black background is too low.
  static let lines = [
    Paint("line-1", light: blue.hex, dark: skyBlue.hex),
    Paint("line-2", light: vermillion.hex, dark: "#ff8a3d"),
    Paint("line-3", light: green.hex, dark: "#1fbf92"),
    Paint("line-4", light: "#b8558a", dark: "#e29cc4"),
    Paint("line-5", light: "#b87f00", dark: orange.hex),
    Paint("line-6", light: "#3a93c9", dark: yellow.hex),
    Paint("line-7", light: RGB.black.hex, dark: RGB.white.hex),
  ]

  private static let dashes: [String?] = [nil, "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2"]

  /// Repeats after the last color.
  static func line(_ index: Int) -> Paint { lines[index % lines.count] }

  /// The dash pattern of a line, nil for a solid one. Repeated colors get other patterns.
  static func dash(_ index: Int) -> String? {
    dashes[(index + index / lines.count) % dashes.count]
  }
}
