public import PinionTensor

/// Mirrors images, along each axis of the direction with probability ½.
public struct RandomFlip: GeometricAugmentation {
  public enum Direction: String, Sendable, Codable, CaseIterable {
    /// Exchanges left and right.
    case horizontal
    /// Exchanges top and bottom.
    case vertical
    /// Each independently.
    case horizontalAndVertical
  }

  public var direction: Direction

  public init(_ direction: Direction = .horizontal) { self.direction = direction }

  /// Neither: no pixel is outside the image or between pixels.
  public var sampling: ImageSampling { ImageSampling() }

  /// x ↦ W − 1 − x, y ↦ H − 1 − y, or the identity.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let isHorizontal = random.uniform() < 0.5 && direction != .vertical
    let isVertical = random.uniform() < 0.5 && direction != .horizontal
    var transform = ImageTransform()
    if isHorizontal { (transform.xx, transform.x0) = (-1, Double(width - 1)) }
    if isVertical { (transform.yy, transform.y0) = (-1, Double(height - 1)) }
    return transform
  }
}

/// Pads an image on all sides and crops it to its size at a random offset.
///
/// With 4 pixels and a flip, the augmentation of most published results on CIFAR (He et al., "Deep
/// Residual Learning for Image Recognition", 2016, section 4.2).
public struct PadAndCrop: GeometricAugmentation {
  /// Pixels added on each side: at least 0, less than the smaller side of the image.
  public var padding: Int
  /// Values of the added pixels.
  public var fill: FillMode

  /// Default: padding with zeros.
  public init(_ padding: Int, fill: FillMode = .constant(value: 0)) {
    self.padding = padding
    self.fill = fill
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    let limit = (imageShape.prefix(2).min() ?? 0) - 1
    guard padding >= 0, padding <= limit else {
      throw ArgumentError(
        place: "the padding of a crop", expected: "0...\(limit), less than the image",
        found: "\(padding)")
    }
    try fill.validate()
  }

  public var sampling: ImageSampling { ImageSampling(fill: fill) }

  /// (x, y) ↦ (x + d_x, y + d_y), d uniform over the integers in −padding…padding.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let down = random.next(below: 2 * padding + 1) - padding
    let right = random.next(below: 2 * padding + 1) - padding
    return ImageTransform(x0: Double(right), y0: Double(down))
  }
}
