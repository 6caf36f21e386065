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
