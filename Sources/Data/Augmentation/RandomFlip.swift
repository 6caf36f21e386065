public import PinionTensor

/// Mirrors images, each with the chance ½.
public struct RandomFlip: GeometricAugmentation {
  /// Which way images are mirrored.
  public enum Direction: String, Sendable, Codable, CaseIterable {
    /// Left and right change places.
    case horizontal
    /// Top and bottom change places.
    case vertical
    /// Either, both or none, a quarter of the images each.
    case horizontalAndVertical
  }

  /// Which way images are mirrored.
  public var direction: Direction

  /// Flips in the given direction, with the chance ½ along each axis of it.
  public init(_ direction: Direction = .horizontal) { self.direction = direction }

  /// No pixel comes from outside the image, nor from between pixels.
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
