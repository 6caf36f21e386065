/// What lies outside an image, written for the row `a b c d`, under the names of Keras 3.
public enum FillMode: Sendable, Equatable, Codable {
  /// The image in a mirror at its edge: `d c b a | a b c d | d c b a`.
  case reflect
  /// The image again: `a b c d | a b c d | a b c d`.
  case wrap
  /// The nearest pixel: `a a a a | a b c d | d d d d`.
  case nearest
  /// One value: `k k k k | a b c d | k k k k`.
  case constant(value: Float)
}
