/// What lies beyond the border of an image when a window reaches over it.
public enum Padding: String, Sendable, Codable, CaseIterable {
  /// Windows stay inside: out = ⌊(n − k)/s⌋ + 1.
  case valid
  /// Enough is added for out = ⌈n/s⌉: in all max(0, (out − 1)·s + k − n), half of it, rounded down, before, and the rest after.
  case same
}
