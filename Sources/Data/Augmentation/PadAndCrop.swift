public import PinionTensor

/// Surrounds an image by some pixels on all sides and cuts its size out of that at a random place.
///
/// The augmentation of most published results on CIFAR, with 4 pixels and a flip (He et al. 2016, section
/// 4.2).
public struct PadAndCrop: GeometricAugmentation {
  /// How many pixels are added on each side.
  public var padding: Int
  /// What is added.
  public var fill: FillMode

  /// Crops of images with `padding` pixels around them. Default: zeros.
  public init(_ padding: Int, fill: FillMode = .constant(value: 0)) {
    self.padding = padding
    self.fill = fill
  }

  /// The padding is not negative, and less than the image: a crop that holds nothing of it teaches nothing.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    let limit = (imageShape.prefix(2).min() ?? 0) - 1
    guard padding >= 0, padding <= limit else {
      throw ArgumentError(
        place: "the padding of a crop", expected: "0...\(limit), less than the image",
        found: "\(padding)")
    }
    try fill.validate()
  }

  /// The fill; nothing lies between pixels.
  public var sampling: ImageSampling { ImageSampling(fill: fill) }

  /// (x, y) ↦ (x + d_x, y + d_y), for whole numbers in −padding…padding, all equally likely.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let down = random.next(below: 2 * padding + 1) - padding
    let right = random.next(below: 2 * padding + 1) - padding
    return ImageTransform(x0: Double(right), y0: Double(down))
  }
}
