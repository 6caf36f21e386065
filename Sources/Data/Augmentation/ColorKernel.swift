internal import PinionTensor

/// Changes of an image's colors, as Pillow's for images of 256 levels, in floats and without
/// rounding to levels unless the comment says so.
///
/// `range` is lower…upper, black and white. Results are clipped to it. Images are (H, W, C) with 1
/// channel, gray, or 3, red, green and blue.
enum ColorKernel {
  /// The weights of red, green and blue in a gray value (ITU-R BT.601).
  private static let weights: SIMD3<Float> = [0.299, 0.587, 0.114]

  /// x ← lower + factor·(x − lower).
  static func changeBrightness(
    _ image: ImageView, factor: Float, _ range: ClosedRange<Float>
  ) {
    blend(image, with: range.lowerBound, factor: factor, range)
  }

  /// x ← m + factor·(x − m), for the mean m of the image's gray values.
  static func changeContrast(_ image: ImageView, factor: Float, _ range: ClosedRange<Float>) {
    let pixels = unsafe image.pixels.base
    let channels = image.channels
    var sum = 0.0
    for pixel in 0..<image.height * image.width {
      unsafe sum += Double(gray(pixels + pixel * channels, channels))
    }
    let mean = sum / Double(max(1, image.height * image.width))
    blend(image, with: Float(mean), factor: factor, range)
  }

  /// x ← g + factor·(x − g), for the gray value g of the pixel.
  static func changeSaturation(_ image: ImageView, factor: Float, _ range: ClosedRange<Float>) {
    guard image.channels == 3 else { return }
    let pixels = unsafe image.pixels.base
    for pixel in 0..<image.height * image.width {
      let place = unsafe pixels + 3 * pixel
      let level = unsafe gray(place, 3)
      for channel in 0..<3 {
        unsafe place[channel] = unsafe clip(level + factor * (place[channel] - level), range)
      }
    }
  }

  /// x ← s + factor·(x − s), for the value s smoothed by the 3×3 filter of ones with a 5 in the
  /// middle, over 13; pixels at the edges stay.
  ///
  /// - Parameter scratch: As many floats as the image has.
  static func changeSharpness(
    _ image: ImageView, factor: Float, _ range: ClosedRange<Float>, scratch: MemoryView<Float>
  ) {
    guard image.height > 2, image.width > 2 else { return }
    scratch.copy(from: image.pixels)
    let (source, pixels) = unsafe (scratch.base, image.pixels.base)
    let (channels, row) = (image.channels, image.width * image.channels)
    for y in 1..<image.height - 1 {
      for i in y * row + channels..<(y + 1) * row - channels {
        let above = unsafe source[i - row - channels] + source[i - row] + source[i - row + channels]
        let below = unsafe source[i + row - channels] + source[i + row] + source[i + row + channels]
        let sum = unsafe above + below + source[i - channels] + source[i + channels] + 5 * source[i]
        let smooth = sum / 13
        unsafe pixels[i] = unsafe clip(smooth + factor * (source[i] - smooth), range)
      }
    }
  }

  /// Rotates the hue of HSV colors by a fraction of the hue circle.
  static func changeHue(_ image: ImageView, by shift: Float, _ range: ClosedRange<Float>) {
    guard image.channels == 3, shift != 0 else { return }
    let pixels = unsafe image.pixels.base
    for pixel in 0..<image.height * image.width {
      let place = unsafe pixels + 3 * pixel
      let color = unsafe SIMD3(place[0], place[1], place[2])
      let largest = color.max()
      let spread = largest - color.min()
      guard spread > 0 else { continue }
      // In sixths of the circle.
      let sector: Float
      if color.x == largest {
        sector = (color.y - color.z) / spread
      } else if color.y == largest {
        sector = 2 + (color.z - color.x) / spread
      } else {
        sector = 4 + (color.x - color.y) / spread
      }
      let turned = sector + 6 * shift
      // Each channel is largest for two sixths, smallest for two, and linear between.
      for channel in 0..<3 {
        var distance = turned - Float(2 * channel)
        distance -= 6 * (distance / 6).rounded()
        let fraction = min(max(2 - abs(distance), 0), 1)
        unsafe place[channel] = clip(largest - spread * (1 - fraction), range)
      }
    }
  }

  /// Maps values of at least `threshold`, a fraction of the range, to lower + upper − x.
  static func solarize(_ image: ImageView, threshold: Float, _ range: ClosedRange<Float>) {
    let (lower, upper) = (range.lowerBound, range.upperBound)
    let limit = lower + threshold * (upper - lower)
    let pixels = unsafe image.pixels.base
    for i in 0..<image.pixels.count where unsafe pixels[i] >= limit {
      unsafe pixels[i] = unsafe clip(lower + upper - pixels[i], range)
    }
  }

  /// Keeps the upper `bits` of the 8 bits of values rounded to 256 levels.
  static func posterize(_ image: ImageView, bits: Int, _ range: ClosedRange<Float>) {
    let mask = 0xFF << (8 - bits) & 0xFF
    let pixels = unsafe image.pixels.base
    for i in 0..<image.pixels.count {
      unsafe pixels[i] = unsafe value(ofLevel: level(pixels[i], range) & mask, range)
    }
  }

  /// Scales each channel to the whole range; constant ones stay.
  static func stretchContrast(_ image: ImageView, _ range: ClosedRange<Float>) {
    let pixels = unsafe image.pixels.base
    let width = range.upperBound - range.lowerBound
    for channel in 0..<image.channels {
      var (low, high) = (Float.infinity, -Float.infinity)
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        (low, high) = unsafe (min(low, pixels[i]), max(high, pixels[i]))
      }
      guard low < high else { continue }
      let factor = width / (high - low)
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        unsafe pixels[i] = unsafe clip(range.lowerBound + factor * (pixels[i] - low), range)
      }
    }
  }

  /// Equalizes the histogram of each channel, of 256 levels.
  ///
  /// Level l becomes ⌊(s/2 + Σ h(k) for k < l) / s⌋, for s = ⌊(n − h(last)) / 255⌋ and the number
  /// h(last) of pixels of the highest level that occurs; a channel with s = 0 stays.
  static func equalize(_ image: ImageView, _ range: ClosedRange<Float>) {
    let pixels = unsafe image.pixels.base
    unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { table in
      for channel in 0..<image.channels {
        unsafe table.initialize(repeating: 0)
        for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
          unsafe table[level(pixels[i], range)] += 1
        }
        let last = unsafe table.last { $0 > 0 } ?? 0
        let step = (image.height * image.width - last) / 255
        guard step > 0 else { continue }
        var sum = step / 2
        for level in 0..<256 {
          let count = unsafe table[level]
          unsafe table[level] = min(sum / step, 255)
          sum += count
        }
        for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
          unsafe pixels[i] = unsafe value(ofLevel: table[level(pixels[i], range)], range)
        }
      }
    }
  }

  /// x ← other + factor·(x − other).
  private static func blend(
    _ image: ImageView, with other: Float, factor: Float, _ range: ClosedRange<Float>
  ) {
    guard factor != 1 else { return }
    let pixels = unsafe image.pixels.base
    for i in 0..<image.pixels.count {
      unsafe pixels[i] = unsafe clip(other + factor * (pixels[i] - other), range)
    }
  }

  @inline(__always)
  private static func gray(_ pixel: UnsafeMutablePointer<Float>, _ channels: Int) -> Float {
    unsafe channels == 3
      ? weights.x * pixel[0] + weights.y * pixel[1] + weights.z * pixel[2] : pixel[0]
  }

  @inline(__always)
  private static func clip(_ value: Float, _ range: ClosedRange<Float>) -> Float {
    min(max(value, range.lowerBound), range.upperBound)
  }

  /// The nearest of 256 levels; 0 for NaN.
  @inline(__always)
  private static func level(_ value: Float, _ range: ClosedRange<Float>) -> Int {
    let fraction = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return Int((255 * min(1, max(0, fraction))).rounded())
  }

  @inline(__always)
  private static func value(ofLevel level: Int, _ range: ClosedRange<Float>) -> Float {
    range.lowerBound + Float(level) / 255 * (range.upperBound - range.lowerBound)
  }
}
