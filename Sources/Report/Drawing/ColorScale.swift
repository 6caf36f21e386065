/// Shares as colours: from near white to dark blue, ever darker, so that it reads the same to all eyes and in grey print.
enum ColorScale {
  /// At equal steps of lightness in OKLab, from 0.995 to 0.295; the hue turns from 238° to 260°.
  private static let table: [RGB] = [
    0xfdfdfd, 0xe7f0f7, 0xcfe4f4, 0xb6d7f1, 0x9ecaee, 0x87bcea, 0x72afe4, 0x5ea1dd, 0x4d92d4,
    0x4084c8, 0x3576ba, 0x2e69a9, 0x2a5c97, 0x274f83, 0x24436f, 0x223859, 0x1f2d44,
  ].map(RGB.init)

  /// The colour of a position from 0 to 1; others count as the nearest of these, NaN as 0.
  static func color(at position: Double) -> RGB {
    let place = min(1, max(0, position.isNaN ? 0 : position)) * Double(table.count - 1)
    let index = min(table.count - 2, Int(place))
    return table[index].mixed(with: table[index + 1], place - Double(index))
  }

  /// The position of a share from 0 to 1: its square root, which tells rare confusions from none.
  static func position(ofShare share: Double) -> Double { max(0, share).squareRoot() }

  /// All colours from left to right, or those for areas with digits.
  static func image(isPale: Bool = false) -> PixelImage {
    let width = 256
    let end = isPale ? paleEnd : 1
    return PixelImage(
      width: width, height: 1, channels: 3,
      bytes: (0..<width).flatMap { color(at: end * (Double($0) + 0.5) / Double(width)).bytes })
  }

  /// The colour of a share from 0 to 1.
  static func color(ofShare share: Double) -> RGB { color(at: position(ofShare: share)) }

  /// The colour of a share from 0 to 1 behind digits.
  ///
  /// The lighter part of the scale: on it black stands out, and white on the same colors turned for dark pages. On the middle of
  /// the whole scale neither does.
  static func pale(ofShare share: Double) -> RGB { color(at: paleEnd * position(ofShare: share)) }

  private static let paleEnd = 7.0 / 16
}
