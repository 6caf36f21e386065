/// The function of a parameter in its layer. Optimizers may treat parameters of different roles
/// differently, such as by leaving biases out of weight decay.
public enum ParameterRole: String, Sendable, Codable, CaseIterable {
  /// A matrix or filter that multiplies activations.
  case kernel
  /// An offset that is added to activations.
  case bias
  /// The scale, the offset or a moving statistic of a normalization.
  case normalization
  /// None of the others.
  case other
}
