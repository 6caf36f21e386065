public import PinionTensor

/// Applies a number of operations, each drawn at random, all of the same magnitude.
///
/// The operations are the identity, shears and translations along both axes, rotation, brightness,
/// color, contrast, sharpness, posterizing, solarizing, stretching the contrast and equalizing the
/// histogram, those of Pillow; operations with a sign have either with probability ½. At magnitude
/// m of M = 31 levels, 0 to 30, t = m/30: shears by 0.3·t; translations by 150/331·t of the side;
/// rotations by 30°·t; factors 1 ± 0.9·t; 8 − round(4·t) bits; values from 1 − t of the range are
/// inverted. As torchvision's. Source: Cubuk, Zoph, Shlens and Le, "RandAugment", 2020.
public struct RandAugment: RangedAugmentation {
  /// The number of operations for an image, at least 0.
  public var operations: Int
  /// Strength, 0…30.
  public var magnitude: Int
  /// Values outside the image in geometric operations.
  public var fill: FillMode
  public var interpolation: Interpolation
  /// The range of the images' values. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// The defaults are torchvision's: 2 operations of magnitude 9, zeros outside.
  public init(
    operations: Int = 2, magnitude: Int = 9, fill: FillMode = .constant(value: 0),
    interpolation: Interpolation = .nearest, valueRange: ClosedRange<Float> = 0...1
  ) {
    self.operations = operations
    self.magnitude = magnitude
    self.fill = fill
    self.interpolation = interpolation
    self.valueRange = valueRange
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try ColorKernel.validate(imageShape, for: "RandAugment")
    guard operations >= 0 else {
      throw ArgumentError(
        place: "the number of operations of RandAugment", expected: "at least 0",
        found: "\(operations)")
    }
    guard (0...30).contains(magnitude) else {
      throw ArgumentError(
        place: "the magnitude of RandAugment", expected: "0...30", found: "\(magnitude)")
    }
    try fill.validate()
  }

  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let strength = Double(magnitude) / 30
    for _ in 0..<operations {
      let operation = ImageOperation.draw(from: &random)
      let change = operation.change(
        strength, isNegative: random.uniform() < 0.5, limits: .randAugment, image)
      change.apply(
        to: image, scratch: scratch, ImageSampling(fill: fill, interpolation: interpolation),
        valueRange)
    }
  }
}

/// Applies one operation, drawn at random with its magnitude.
///
/// The operations are those of ``RandAugment``. At a random magnitude m, 0 to 30, t = m/30: shears
/// by 0.99·t; translations by 32·t pixels; rotations by 135°·t; factors 1 ± 0.99·t; 8 − round(6·t)
/// bits; values from 1 − t of the range are inverted. As torchvision's `TrivialAugmentWide`.
/// Source: Müller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation",
/// ICCV 2021.
public struct TrivialAugmentWide: RangedAugmentation {
  /// Values outside the image in geometric operations.
  public var fill: FillMode
  public var interpolation: Interpolation
  /// The range of the images' values. Default: 0…1.
  public var valueRange: ClosedRange<Float>

  /// Default: zeros outside, as torchvision.
  public init(
    fill: FillMode = .constant(value: 0), interpolation: Interpolation = .nearest,
    valueRange: ClosedRange<Float> = 0...1
  ) {
    self.fill = fill
    self.interpolation = interpolation
    self.valueRange = valueRange
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try ColorKernel.validate(imageShape, for: "TrivialAugmentWide")
    try fill.validate()
  }

  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let operation = ImageOperation.draw(from: &random)
    let strength = Double(random.next(below: 31)) / 30
    let change = operation.change(
      strength, isNegative: random.uniform() < 0.5, limits: .trivialAugmentWide, image)
    change.apply(
      to: image, scratch: scratch, ImageSampling(fill: fill, interpolation: interpolation),
      valueRange)
  }
}

/// The operations of ``RandAugment`` and ``TrivialAugmentWide``.
enum ImageOperation: CaseIterable {
  case identity, shearX, shearY, translateX, translateY, rotate, brightness, color, contrast
  case sharpness, posterize, solarize, stretchContrast, equalize

  /// The effect of operations at the largest magnitude.
  struct Limits {
    let shear: Double
    /// The shift in pixels for an axis of a length.
    let shift: @Sendable (_ length: Int) -> Double
    let degrees: Double
    let factor: Double
    /// The number of the 8 bits that are dropped.
    let bits: Double

    static let randAugment = Limits(
      shear: 0.3, shift: { 150.0 / 331 * Double($0) }, degrees: 30, factor: 0.9, bits: 4)
    static let trivialAugmentWide = Limits(
      shear: 0.99, shift: { _ in 32 }, degrees: 135, factor: 0.99, bits: 6)
  }

  /// An operation with its strength.
  enum Change: Equatable {
    case none
    case geometric(ImageTransform)
    case brightness(Float), color(Float), contrast(Float), sharpness(Float)
    case posterize(bits: Int)
    case solarize(threshold: Float)
    case stretchContrast, equalize
  }

  /// Uniformly distributed.
  static func draw(from random: inout RandomStream.Generator) -> ImageOperation {
    allCases[random.next(below: allCases.count)]
  }

  /// - Parameter strength: In 0…1.
  func change(
    _ strength: Double, isNegative: Bool, limits: Limits, _ image: ImageView
  ) -> Change {
    let signed = isNegative ? -strength : strength
    let factor = Float(1 + signed * limits.factor)
    switch self {
    case .identity: return .none
    case .shearX:
      // About the upper left corner of the image, half a pixel from the first pixel's center.
      let shear = signed * limits.shear
      return .geometric(ImageTransform(xy: shear, x0: shear / 2))
    case .shearY:
      let shear = signed * limits.shear
      return .geometric(ImageTransform(yx: shear, y0: shear / 2))
    case .translateX:
      return .geometric(
        ImageTransform(x0: -(signed * limits.shift(image.width)).rounded(.towardZero)))
    case .translateY:
      return .geometric(
        ImageTransform(y0: -(signed * limits.shift(image.height)).rounded(.towardZero)))
    case .rotate:
      let turn = UnitVector(degrees: signed * limits.degrees)
      return .geometric(
        ImageTransform(
          xx: turn.cosine, xy: -turn.sine, yx: turn.sine, yy: turn.cosine, height: image.height,
          width: image.width))
    case .brightness: return .brightness(factor)
    case .color: return .color(factor)
    case .contrast: return .contrast(factor)
    case .sharpness: return .sharpness(factor)
    // Halves are rounded to even, as by PyTorch.
    case .posterize:
      return .posterize(bits: 8 - Int((strength * limits.bits).rounded(.toNearestOrEven)))
    case .solarize: return .solarize(threshold: Float(1 - strength))
    case .stretchContrast: return .stretchContrast
    case .equalize: return .equalize
    }
  }
}

extension ImageOperation.Change {
  /// - Parameter scratch: As many floats as the image has.
  func apply(
    to image: ImageView, scratch: MemoryView<Float>, _ sampling: ImageSampling,
    _ range: ClosedRange<Float>
  ) {
    switch self {
    case .none: break
    case .geometric(let transform):
      ResamplingKernel.resample(image, scratch: scratch, by: transform, sampling: sampling)
    case .brightness(let factor):
      ColorKernel.changeBrightness(image, factor: factor, range)
    case .color(let factor): ColorKernel.changeSaturation(image, factor: factor, range)
    case .contrast(let factor): ColorKernel.changeContrast(image, factor: factor, range)
    case .sharpness(let factor):
      ColorKernel.changeSharpness(image, factor: factor, range, scratch: scratch)
    case .posterize(let bits): ColorKernel.posterize(image, bits: bits, range)
    case .solarize(let threshold): ColorKernel.solarize(image, threshold: threshold, range)
    case .stretchContrast: ColorKernel.stretchContrast(image, range)
    case .equalize: ColorKernel.equalize(image, range)
    }
  }
}
