/// Colours that people tell apart whatever their colour vision, each with a dash pattern and a marker of its own besides.
///
/// Source: Okabe and Ito, "Color Universal Design", 2008.
enum Palette {
  static let orange = RGB(0xe69f00)
  static let skyBlue = RGB(0x56b4e9)
  static let green = RGB(0x009e73)
  static let yellow = RGB(0xf0e442)
  static let blue = RGB(0x0072b2)
  static let vermillion = RGB(0xd55e00)
  static let purple = RGB(0xcc79a7)

  /// The colours of lines. Those too faint on white or too dark on black change places there.
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

  /// The colour of the line at an index; they repeat.
  static func line(_ index: Int) -> Paint { lines[index % lines.count] }

  /// The dash pattern of the line at an index. When colours repeat, patterns are others.
  static func dash(_ index: Int) -> String? {
    dashes[(index + index / lines.count) % dashes.count]
  }
}
