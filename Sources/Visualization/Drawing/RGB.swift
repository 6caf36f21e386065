internal import Glibc

/// An sRGB color.
package struct RGB: Sendable, Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  /// - Parameter code: `0xrrggbb`.
  package init(_ code: UInt32) {
    red = UInt8(truncatingIfNeeded: code >> 16)
    green = UInt8(truncatingIfNeeded: code >> 8)
    blue = UInt8(truncatingIfNeeded: code)
  }

  package static let black = RGB(0x000000)
  package static let white = RGB(0xffffff)

  var bytes: [UInt8] { [red, green, blue] }

  /// CSS notation, such as `#0072b2`.
  package var hex: String {
    "#"
      + bytes.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }

  /// Linear interpolation: this color at 0, `other` at 1.
  package func mixed(with other: RGB, _ fraction: Double) -> RGB {
    let mixed = zip(bytes, other.bytes).map { (pair: (UInt8, UInt8)) -> UInt8 in
      let own = Double(pair.0)
      let difference = Double(pair.1) - own
      return UInt8((own + difference * fraction).rounded())
    }
    var result = self
    (result.red, result.green, result.blue) = (mixed[0], mixed[1], mixed[2])
    return result
  }

  /// Relative luminance in 0...1 as WCAG 2.2 defines it.
  var luminance: Double {
    let linear = bytes.map { byte in
      let value = Double(byte) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  /// The color with inverted lightness and equal hue, as ``darkModeFilter`` displays it.
  ///
  /// Source: Filter Effects Module Level 1, W3C 2018, sections 9.6 and 9.7.
  var inverted: RGB {
    let inverted = bytes.map { 0.92 * 255 + (1 - 2 * 0.92) * Double($0) }
    // A hue rotation by 180° is 2 · luma − channel.
    let luma = 0.213 * inverted[0] + 0.715 * inverted[1] + 0.072 * inverted[2]
    let rotated = inverted.map { UInt8(min(255, max(0, (2 * luma - $0).rounded()))) }
    var result = self
    (result.red, result.green, result.blue) = (rotated[0], rotated[1], rotated[2])
    return result
  }

  /// The CSS filter that inverts lightness on dark pages.
  package static let darkModeFilter = "invert(.92) hue-rotate(180deg)"

  /// Black or white, whichever has the higher contrast with this color.
  var contrasting: RGB {
    // WCAG's contrast ratio is (lighter + 0.05) / (darker + 0.05).
    let againstBlack = (luminance + 0.05) / 0.05
    let againstWhite = 1.05 / (luminance + 0.05)
    return againstBlack >= againstWhite ? .black : .white
  }
}

/// A sequential color map for fractions, from near white to dark blue. Lightness decreases
/// monotonically, so that it reads in gray and with any color vision.
enum ColorScale {
  /// Equal steps of OKLab lightness from 0.995 to 0.295; the hue changes from 238° to 260°.
  private static let table: [RGB] = [
    0xfdfdfd, 0xe7f0f7, 0xcfe4f4, 0xb6d7f1, 0x9ecaee, 0x87bcea, 0x72afe4, 0x5ea1dd, 0x4d92d4,
    0x4084c8, 0x3576ba, 0x2e69a9, 0x2a5c97, 0x274f83, 0x24436f, 0x223859, 0x1f2d44,
  ].map(RGB.init)

  /// - Parameter position: Clamped to 0...1; NaN counts as 0.
  static func color(at position: Double) -> RGB {
    let place = min(1, max(0, position.isNaN ? 0 : position)) * Double(table.count - 1)
    let index = min(table.count - 2, Int(place))
    return table[index].mixed(with: table[index + 1], place - Double(index))
  }

  /// The square root of the fraction, which makes rare confusions visible.
  static func position(ofFraction fraction: Double) -> Double { max(0, fraction).squareRoot() }

  /// The scale from left to right; the part used behind digits if `isPale`.
  static func image(isPale: Bool = false) -> PixelImage {
    let width = 256
    let end = isPale ? paleEnd : 1
    return PixelImage(
      width: width, height: 1, channels: 3,
      bytes: (0..<width).flatMap { color(at: end * (Double($0) + 0.5) / Double(width)).bytes })
  }

  static func color(ofFraction fraction: Double) -> RGB {
    color(at: position(ofFraction: fraction))
  }

  /// The color of a fraction behind digits.
  ///
  /// Uses the lighter part of the scale: black has enough contrast with it, and white with its
  /// inverted colors. Neither has with the middle of the whole scale.
  static func pale(ofFraction fraction: Double) -> RGB {
    color(at: paleEnd * position(ofFraction: fraction))
  }

  private static let paleEnd = 7.0 / 16
}
