import Testing

@testable import PinionLayers

extension KerasLayerFixture {
  /// Of the fixtures in function_layers.json, the layer of ours with the same hyperparameters.
  func makeFunctionLayer() throws -> (any Layer)? {
    let (center, scale) = (config.center ?? true, config.scale ?? true)
    switch layer {
    case "LayerNormalization":
      return LayerNormalization(
        axes: try axes(), epsilon: try #require(config.epsilon), center: center, scale: scale)
    case "GroupNormalization":
      return GroupNormalization(
        groups: try #require(config.groups), axis: try #require(config.axis),
        epsilon: try #require(config.epsilon), center: center, scale: scale)
    case "RMSNormalization":
      return RMSNormalization(
        axis: try #require(config.axis), epsilon: try #require(config.epsilon))
    case "UnitNormalization": return UnitNormalization(axes: try axes())
    case "Rescaling":
      return Rescaling(try #require(config.factor), offset: try #require(config.offset))
    case "Normalization":
      return Normalization(
        mean: try #require(config.mean), variance: try #require(config.variance),
        axis: try #require(config.axis))
    case "PReLU": return PReLU(sharedAxes: config.shared_axes ?? [])
    case "SpatialDropout2D": return SpatialDropout2D(try #require(config.rate))
    case "GaussianNoise": return GaussianNoise(try #require(config.stddev))
    case "GaussianDropout": return GaussianDropout(try #require(config.rate))
    default: return nil
    }
  }

  private func axes() throws -> [Int] {
    try config.axes ?? [#require(config.axis)]
  }
}
