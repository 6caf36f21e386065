/// What lies between the pixels of an image.
public enum Interpolation: String, Sendable, Equatable, Codable, CaseIterable {
  /// The nearest pixel; the right or lower one in the middle between two.
  case nearest
  /// The mean of the four pixels around, each weighted by its nearness along both axes.
  case bilinear
}
