public import PinionTensor

extension TypeRegistry {
  /// This module's optimisers and schedules.
  public static let optimizerTypes: [any Configurable.Type] = [
    SGD.self, Adam.self, Nadam.self, ConstantRate.self, ExponentialDecay.self,
    InverseTimeDecay.self, CosineDecay.self, CosineDecayRestarts.self,
    PiecewiseConstantDecay.self, PolynomialDecay.self,
  ]
}
