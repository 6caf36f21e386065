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
