public import PinionTensor

/// Moves an image's values away from or towards their mean by a random factor, and cuts them off at the ends of their range.
///
/// As Keras 3 defines its `RandomContrast`, whose range is 0…255 by default.
public struct RandomContrast: RangedAugmentation {
  /// What is added to 1 for the factor.
  public var change: RandomRange
  /// The range of images' values; others are refused. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// Factors from 1 − `change` to 1 + `change`.
  public init(_ change: Double, valueRange: ClosedRange<Float> = 0...1) {
    self.change = RandomRange(magnitude: change)
    self.valueRange = valueRange
  }

  /// Factors of 1 plus the numbers of a range.
  public init(_ change: ClosedRange<Double>, valueRange: ClosedRange<Float> = 0...1) {
    self.change = RandomRange(change)
    self.valueRange = valueRange
  }

  private enum CodingKeys: CodingKey { case change, valueRange }

  /// A step as it was saved. Default of the range: 0…1.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    change = try container.decode(RandomRange.self, forKey: .change)
    valueRange =
      try container.decodeIfPresent(ClosedRange<Float>.self, forKey: .valueRange) ?? 0...1
  }

  /// Saves the numbers; the range unless it is 0…1.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(change, forKey: .change)
    if valueRange != 0...1 { try container.encode(valueRange, forKey: .valueRange) }
  }

  /// Changes lie in ±1.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    try change.validate("the changes of the contrast", within: -1...1)
  }

  /// x ← min(max(μ + (1 + change)·(x − μ), lower), upper), μ the mean of the image's channel, for a range lower…upper.
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let factor = Float(1 + change.draw(from: &random))
    guard factor != 1 else { return }
    let (lower, upper) = (valueRange.lowerBound, valueRange.upperBound)
    let pixels = image.pixels.base
    for channel in 0..<image.channels {
      var sum = 0.0
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        sum += Double(pixels[i])
      }
      let mean = Float(sum / Double(image.height * image.width))
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        pixels[i] = min(max(mean + factor * (pixels[i] - mean), lower), upper)
      }
    }
  }
}
