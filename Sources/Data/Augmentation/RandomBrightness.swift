public import PinionTensor

/// Adds one random number to all values of an image, and keeps them in 0…1. As Keras 3's `RandomBrightness`.
public struct RandomBrightness: ImageAugmentation {
  /// The numbers to add.
  public var shift: RandomRange

  /// Shifts by up to `factor` either way.
  public init(_ factor: Double) { shift = RandomRange(magnitude: factor) }

  /// Shifts by numbers of a range.
  public init(_ shift: ClosedRange<Double>) { self.shift = RandomRange(shift) }

  /// Shifts lie in ±1.
  public func validate(imageShape: Shape) throws(DatasetError) {
    try shift.validate("the shifts of the brightness", within: -1...1)
  }

  /// x ← min(max(x + shift, 0), 1).
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let shift = Float(shift.draw(from: &random))
    guard shift != 0 else { return }
    let pixels = image.pixels.base
    for i in 0..<image.pixels.count { pixels[i] = min(max(pixels[i] + shift, 0), 1) }
  }
}
