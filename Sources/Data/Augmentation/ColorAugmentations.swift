public import PinionTensor

/// Adds a random number to all values of an image and clips them to their range.
///
/// As Keras 3's `RandomBrightness`, whose range is 0…255 by default.
public struct RandomBrightness: RangedAugmentation {
  /// The number to add as a fraction of the range's width, within ±1.
  public var shift: RandomRange
  /// The range of the images' values. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// Shifts from −`factor` to `factor` times the range's width.
  public init(_ factor: Double, valueRange: ClosedRange<Float> = 0...1) {
    shift = RandomRange(magnitude: factor)
    self.valueRange = valueRange
  }

  /// Shifts in a range within ±1, as fractions of the width of `valueRange`.
  public init(_ shift: ClosedRange<Double>, valueRange: ClosedRange<Float> = 0...1) {
    self.shift = RandomRange(shift)
    self.valueRange = valueRange
  }

  private enum CodingKeys: CodingKey { case shift, valueRange }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    shift = try container.decode(RandomRange.self, forKey: .shift)
    valueRange = try container.decodeValueRange(forKey: .valueRange)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shift, forKey: .shift)
    try container.encodeValueRange(valueRange, forKey: .valueRange)
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try shift.validate("the shifts of the brightness", within: -1...1)
  }

  /// x ← min(max(x + shift·(upper − lower), lower), upper), for a range lower…upper.
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let (lower, upper) = (valueRange.lowerBound, valueRange.upperBound)
    let shift = Float(shift.draw(from: &random)) * (upper - lower)
    guard shift != 0 else { return }
    let pixels = unsafe image.pixels.base
    for i in 0..<image.pixels.count {
      unsafe pixels[i] = unsafe min(max(pixels[i] + shift, lower), upper)
    }
  }
}

// A range is saved unless it is 0…1, the default.

extension KeyedDecodingContainer {
  func decodeValueRange(forKey key: Key) throws -> ClosedRange<Float> {
    try decodeIfPresent(ClosedRange<Float>.self, forKey: key) ?? 0...1
  }
}

extension KeyedEncodingContainer {
  mutating func encodeValueRange(_ range: ClosedRange<Float>, forKey key: Key) throws {
    if range != 0...1 { try encode(range, forKey: key) }
  }
}

/// Scales the differences of an image's values from their channel's mean by a random factor and
/// clips the values to their range.
///
/// As Keras 3's `RandomContrast`, whose range is 0…255 by default.
public struct RandomContrast: RangedAugmentation {
  /// The factor less 1, within ±1.
  public var change: RandomRange
  /// The range of the images' values. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// Factors from 1 − `change` to 1 + `change`.
  public init(_ change: Double, valueRange: ClosedRange<Float> = 0...1) {
    self.change = RandomRange(magnitude: change)
    self.valueRange = valueRange
  }

  /// Factors 1 + c for c in a range within ±1.
  public init(_ change: ClosedRange<Double>, valueRange: ClosedRange<Float> = 0...1) {
    self.change = RandomRange(change)
    self.valueRange = valueRange
  }

  private enum CodingKeys: CodingKey { case change, valueRange }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    change = try container.decode(RandomRange.self, forKey: .change)
    valueRange = try container.decodeValueRange(forKey: .valueRange)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(change, forKey: .change)
    try container.encodeValueRange(valueRange, forKey: .valueRange)
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try change.validate("the changes of the contrast", within: -1...1)
  }

  /// x ← min(max(μ + (1 + change)·(x − μ), lower), upper), for the mean μ of the image's channel
  /// and the range lower…upper.
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let factor = Float(1 + change.draw(from: &random))
    guard factor != 1 else { return }
    let (lower, upper) = (valueRange.lowerBound, valueRange.upperBound)
    let pixels = unsafe image.pixels.base
    for channel in 0..<image.channels {
      var sum = 0.0
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        unsafe sum += Double(pixels[i])
      }
      let mean = Float(sum / Double(image.height * image.width))
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        unsafe pixels[i] = unsafe min(max(mean + factor * (pixels[i] - mean), lower), upper)
      }
    }
  }
}

/// Changes brightness, contrast, saturation and hue of a color image by random amounts, in random
/// order.
///
/// As torchvision's `ColorJitter`. Brightness multiplies the values, contrast and saturation scale
/// differences from the mean gray value of the image and from the gray value of the pixel. Gray
/// images have brightness and contrast only. See ``RandomBrightness`` and ``RandomContrast`` for
/// Keras's.
public struct ColorJitter: RangedAugmentation {
  /// The factor less 1, within ±1.
  public var brightness: RandomRange
  /// The factor less 1, within ±1.
  public var contrast: RandomRange
  /// The factor less 1, within ±1.
  public var saturation: RandomRange
  /// A fraction of the hue circle, within ±½.
  public var hue: RandomRange
  /// The range of the images' values. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// Factors from 1 − x to 1 + x, and hues rotated by −`hue` to `hue`. Default: none.
  public init(
    brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0,
    valueRange: ClosedRange<Float> = 0...1
  ) {
    self.brightness = RandomRange(magnitude: brightness)
    self.contrast = RandomRange(magnitude: contrast)
    self.saturation = RandomRange(magnitude: saturation)
    self.hue = RandomRange(magnitude: hue)
    self.valueRange = valueRange
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try ColorKernel.validate(imageShape, for: "ColorJitter")
    try brightness.validate("the changes of the brightness", within: -1...1)
    try contrast.validate("the changes of the contrast", within: -1...1)
    try saturation.validate("the changes of the saturation", within: -1...1)
    try hue.validate("the turns of the hue", within: -0.5...0.5)
  }

  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let amounts = (
      Float(1 + brightness.draw(from: &random)), Float(1 + contrast.draw(from: &random)),
      Float(1 + saturation.draw(from: &random)), Float(hue.draw(from: &random))
    )
    // One of the 24 orders: the index of the next among the remaining changes.
    var order = random.next(below: 24)
    var left: SIMD4<UInt8> = [0, 1, 2, 3]
    for count in stride(from: 4, to: 0, by: -1) {
      let place = order % count
      order /= count
      switch left[place] {
      case 0: ColorKernel.changeBrightness(image, factor: amounts.0, valueRange)
      case 1: ColorKernel.changeContrast(image, factor: amounts.1, valueRange)
      case 2: ColorKernel.changeSaturation(image, factor: amounts.2, valueRange)
      default: ColorKernel.changeHue(image, by: amounts.3, valueRange)
      }
      left[place] = left[count - 1]
    }
  }
}

extension ColorKernel {
  /// Throws unless images are gray or RGB.
  static func validate(_ imageShape: Shape, for name: String) throws(ArgumentError) {
    guard imageShape.rank == 3, imageShape[2] == 1 || imageShape[2] == 3 else {
      throw ArgumentError(
        place: "the images for \(name)", expected: "1 channel (gray) or 3 (red, green, blue)",
        found: "the shape \(imageShape)")
    }
  }
}
