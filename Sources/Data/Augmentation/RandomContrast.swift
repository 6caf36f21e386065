public import PinionTensor

/// Moves an image's values away from or towards their mean by a random factor, and keeps them in 0…1.
///
/// As Keras 3 defines its `RandomContrast`.
public struct RandomContrast: ImageAugmentation {
  /// What is added to 1 for the factor.
  public var change: RandomRange

  /// Factors from 1 − `change` to 1 + `change`.
  public init(_ change: Double) { self.change = RandomRange(magnitude: change) }

  /// Factors of 1 plus the numbers of a range.
  public init(_ change: ClosedRange<Double>) { self.change = RandomRange(change) }

  /// Changes lie in ±1.
  public func validate(imageShape: Shape) throws(DatasetError) {
    try change.validate("the changes of the contrast", within: -1...1)
  }

  /// x ← min(max(μ + (1 + change)·(x − μ), 0), 1), μ the mean of the image's channel.
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let factor = Float(1 + change.draw(from: &random))
    guard factor != 1 else { return }
    let pixels = image.pixels.base
    for channel in 0..<image.channels {
      var sum = 0.0
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        sum += Double(pixels[i])
      }
      let mean = Float(sum / Double(image.height * image.width))
      for i in stride(from: channel, to: image.pixels.count, by: image.channels) {
        pixels[i] = min(max(mean + factor * (pixels[i] - mean), 0), 1)
      }
    }
  }
}
