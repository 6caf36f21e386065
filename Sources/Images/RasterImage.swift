/// An image of bytes: 1 channel is grey, 2 grey and opacity, 3 RGB, 4 RGB and opacity.
struct RasterImage: Equatable {
  let height: Int
  let width: Int
  let channels: Int
  /// (H, W, C) row-major.
  let bytes: [UInt8]

  /// The image on white, in grey or in RGB.
  func converted(channels wanted: Int) -> RasterImage {
    guard wanted != channels else { return self }
    let hasOpacity = channels == 2 || channels == 4
    let count = height * width
    let converted = [UInt8](unsafeUninitializedCapacity: count * wanted) { output, size in
      for pixel in 0..<count {
        let start = pixel * channels
        var (red, green, blue) = (bytes[start], bytes[start], bytes[start])
        if channels >= 3 { (green, blue) = (bytes[start + 1], bytes[start + 2]) }
        if hasOpacity {
          let opacity = bytes[start + channels - 1]
          red = Self.onWhite(red, opacity)
          green = Self.onWhite(green, opacity)
          blue = Self.onWhite(blue, opacity)
        }
        if wanted == 1 {
          output[pixel] = channels < 3 ? red : Self.grey(red, green, blue)
        } else {
          output[pixel * 3] = red
          output[pixel * 3 + 1] = green
          output[pixel * 3 + 2] = blue
        }
      }
      size = count * wanted
    }
    return RasterImage(height: height, width: width, channels: wanted, bytes: converted)
  }

  /// opacity · value + (1 − opacity) · 255, to the nearest.
  private static func onWhite(_ value: UInt8, _ opacity: UInt8) -> UInt8 {
    let sum: Int = Int(value) * Int(opacity) + 255 * (255 - Int(opacity))
    return UInt8((sum + 127) / 255)
  }

  /// 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point, to the nearest. Source: ITU-R BT.601-7, 2.5.1.
  private static func grey(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum: Int = 19_595 * Int(red) + 38_470 * Int(green) + 7_471 * Int(blue)
    return UInt8((sum + 32_768) >> 16)
  }
}
