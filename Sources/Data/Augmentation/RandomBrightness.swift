public import PinionTensor

/// Adds one random number to all values of an image, and cuts them off at the ends of their range.
///
/// As Keras 3's `RandomBrightness`, whose range is 0…255 by default.
public struct RandomBrightness: RangedAugmentation {
  /// The numbers to add, as parts of the range's width.
  public var shift: RandomRange
  /// The range of images' values; others are refused. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// Shifts by up to `factor` of the range's width either way.
  public init(_ factor: Double, valueRange: ClosedRange<Float> = 0...1) {
    shift = RandomRange(magnitude: factor)
    self.valueRange = valueRange
  }

  /// Shifts by parts of the range's width.
  public init(_ shift: ClosedRange<Double>, valueRange: ClosedRange<Float> = 0...1) {
    self.shift = RandomRange(shift)
    self.valueRange = valueRange
  }

  private enum CodingKeys: CodingKey { case shift, valueRange }

  /// A step as it was saved. Default of the range: 0…1.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    shift = try container.decode(RandomRange.self, forKey: .shift)
    valueRange =
      try container.decodeIfPresent(ClosedRange<Float>.self, forKey: .valueRange) ?? 0...1
  }

  /// Saves the numbers; the range unless it is 0…1.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shift, forKey: .shift)
    if valueRange != 0...1 { try container.encode(valueRange, forKey: .valueRange) }
  }

  /// Shifts lie in ±1.
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
    let pixels = image.pixels.base
    for i in 0..<image.pixels.count { pixels[i] = min(max(pixels[i] + shift, lower), upper) }
  }
}
