internal import Glibc

/// A color in sRGB.
struct RGB: Sendable, Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  /// From `0xrrggbb`.
  init(_ code: UInt32) {
    red = UInt8(truncatingIfNeeded: code >> 16)
    green = UInt8(truncatingIfNeeded: code >> 8)
    blue = UInt8(truncatingIfNeeded: code)
  }

  static let black = RGB(0x000000)
  static let white = RGB(0xffffff)

  var bytes: [UInt8] { [red, green, blue] }

  /// As CSS writes it: `#0072b2`.
  var hex: String {
    "#"
      + bytes.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }

  /// A color between this and another, this at 0, the other at 1.
  func mixed(with other: RGB, _ share: Double) -> RGB {
    let mixed = zip(bytes, other.bytes).map { own, other in
      UInt8((Double(own) + (Double(other) - Double(own)) * share).rounded())
    }
    var result = self
    (result.red, result.green, result.blue) = (mixed[0], mixed[1], mixed[2])
    return result
  }

  /// Relative luminance from 0 to 1, as WCAG 2.2 defines it.
  var luminance: Double {
    let linear = bytes.map { byte in
      let value = Double(byte) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  /// The color with light and dark exchanged and the hue kept, as ``turningFilter`` makes it.
  ///
  /// Source: Filter Effects Module Level 1, W3C 2018, sections 9.6 and 9.7.
  var turned: RGB {
    let inverted = bytes.map { 0.92 * 255 + (1 - 2 * 0.92) * Double($0) }
    // What turning the hue by 180° does: twice the luma, less the channel.
    let luma = 0.213 * inverted[0] + 0.715 * inverted[1] + 0.072 * inverted[2]
    let turned = inverted.map { UInt8(min(255, max(0, (2 * luma - $0).rounded()))) }
    var result = self
    (result.red, result.green, result.blue) = (turned[0], turned[1], turned[2])
    return result
  }

  /// In a page's style, what turns all colors of a picture.
  static let turningFilter = "invert(.92) hue-rotate(180deg)"

  /// Black or white, whichever stands out more from this color.
  var contrasting: RGB {
    // WCAG's contrast is (lighter + 0.05) / (darker + 0.05).
    let againstBlack = (luminance + 0.05) / 0.05
    let againstWhite = 1.05 / (luminance + 0.05)
    return againstBlack >= againstWhite ? .black : .white
  }
}

/// Shares as colors: from near white to dark blue, ever darker, so that it reads the same to all eyes and in grey print.
enum ColorScale {
  /// At equal steps of lightness in OKLab, from 0.995 to 0.295; the hue turns from 238° to 260°.
  private static let table: [RGB] = [
    0xfdfdfd, 0xe7f0f7, 0xcfe4f4, 0xb6d7f1, 0x9ecaee, 0x87bcea, 0x72afe4, 0x5ea1dd, 0x4d92d4,
    0x4084c8, 0x3576ba, 0x2e69a9, 0x2a5c97, 0x274f83, 0x24436f, 0x223859, 0x1f2d44,
  ].map(RGB.init)

  /// The color of a position from 0 to 1; others count as the nearest of these, NaN as 0.
  static func color(at position: Double) -> RGB {
    let place = min(1, max(0, position.isNaN ? 0 : position)) * Double(table.count - 1)
    let index = min(table.count - 2, Int(place))
    return table[index].mixed(with: table[index + 1], place - Double(index))
  }

  /// The position of a share from 0 to 1: its square root, which tells rare confusions from none.
  static func position(ofShare share: Double) -> Double { max(0, share).squareRoot() }

  /// All colors from left to right, or those for areas with digits.
  static func image(isPale: Bool = false) -> PixelImage {
    let width = 256
    let end = isPale ? paleEnd : 1
    return PixelImage(
      width: width, height: 1, channels: 3,
      bytes: (0..<width).flatMap { color(at: end * (Double($0) + 0.5) / Double(width)).bytes })
  }

  /// The color of a share from 0 to 1.
  static func color(ofShare share: Double) -> RGB { color(at: position(ofShare: share)) }

  /// The color of a share from 0 to 1 behind digits.
  ///
  /// The lighter part of the scale: on it black stands out, and white on the same colors turned for dark pages. On the middle of
  /// the whole scale neither does.
  static func pale(ofShare share: Double) -> RGB { color(at: paleEnd * position(ofShare: share)) }

  private static let paleEnd = 7.0 / 16
}
