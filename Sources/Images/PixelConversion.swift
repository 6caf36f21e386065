/// Converts rows to gray or RGB.
struct PixelConversion {
  let channels: Int
  let wanted: Int
  let transparency: RasterImage.Transparency

  /// - Parameter converted: Receives width · wanted bytes.
  func convert(_ row: [UInt8], into converted: inout [UInt8]) {
    guard wanted != channels else {
      converted = row
      return
    }
    let blendsWithWhite = transparency == .onWhite && channels.isMultiple(of: 2)
    for pixel in 0..<row.count / channels {
      let start = pixel * channels
      var (red, green, blue) = (row[start], row[start], row[start])
      if channels >= 3 { (green, blue) = (row[start + 1], row[start + 2]) }
      if blendsWithWhite {
        let opacity = row[start + channels - 1]
        red = Self.onWhite(red, opacity)
        green = Self.onWhite(green, opacity)
        blue = Self.onWhite(blue, opacity)
      }
      if wanted == 1 {
        converted[pixel] = channels < 3 ? red : Self.gray(red, green, blue)
      } else {
        converted[pixel * 3] = red
        converted[pixel * 3 + 1] = green
        converted[pixel * 3 + 2] = blue
      }
    }
  }

  /// alpha · value + (1 − alpha) · 255, rounded to the nearest integer.
  private static func onWhite(_ value: UInt8, _ opacity: UInt8) -> UInt8 {
    let sum: Int = Int(value) * Int(opacity) + 255 * (255 - Int(opacity))
    return UInt8((sum + 127) / 255)
  }

  /// 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point, rounded to the nearest integer. Source:
  /// ITU-R BT.601-7, section 2.5.1.
  private static func gray(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum: Int = 19_595 * Int(red) + 38_470 * Int(green) + 7_471 * Int(blue)
    return UInt8((sum + 32_768) >> 16)
  }

  /// RGB of inverted CMYK, as Adobe's software stores it: (1 − C)(1 − K), in PIL's fixed point.
  static func rgb(invertedCMYK row: [UInt8], into converted: inout [UInt8]) {
    for pixel in 0..<row.count / 4 {
      let brightness = Int(row[pixel * 4 + 3])
      for channel in 0..<3 {
        let ink = 255 - Int(row[pixel * 4 + channel])
        let product = ink * brightness + 128
        converted[pixel * 3 + channel] = UInt8(brightness - (((product >> 8) + product) >> 8))
      }
    }
  }
}
