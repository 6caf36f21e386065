public import PinionTensor

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
