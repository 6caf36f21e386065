public import PinionTensor

/// Normalizes groups of channels of each sample over all axes: y = γ·(x − μ)/√(σ² + ε) + β, μ and
/// σ² the mean and the population variance of a group.
///
/// - Input and output: (N, …) of the same shape.
/// - Parameters: `gamma`, `beta`, as long as the axis of the channels.
///
/// One group gives a normalization of the whole sample; as many groups as channels give an instance
/// normalization. As Keras 3's `GroupNormalization` (Wu and He 2018).
public struct GroupNormalization: Layer {
  /// The number of groups, which divides that of the channels; −1 for as many as channels. Default:
  /// 32.
  public var groups: Int
  /// The axis of the channels, counted with the batch as axis 0, or from the end if negative.
  /// Default: the last.
  public var axis: Int
  /// ε. Default: 0.001.
  public var epsilon: Double
  /// Whether to add β. Default: true.
  public var center: Bool
  /// Whether to multiply by γ. Default: true.
  public var scale: Bool
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    groups: Int = 32, axis: Int = -1, epsilon: Double = 0.001, center: Bool = true,
    scale: Bool = true, name: String? = nil
  ) {
    self.groups = groups
    self.axis = axis
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SampleAxes.validate([axis], of: inputs[0])
    try LayerError.require(
      epsilon > 0 && epsilon.isFinite, "epsilon must be positive and finite",
      received: "\(epsilon)")
    let channels = layout(inputs[0]).count
    try LayerError.require(
      groups == -1 || (groups > 0 && channels % groups == 0),
      "a number of groups that divides the number of channels, \(channels)",
      received: "\(groups) groups")
    return inputs[0]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [layout(inputs[0]).count]
    return (scale ? [Parameter("gamma", shape: shape, initializer: .ones)] : [])
      + (center ? [Parameter("beta", shape: shape, initializer: .zeros)] : [])
  }

  /// The identity: outputs are not probabilities.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  public func program(for pass: LayerPass) -> LayerProgram {
    let layout = layout(pass.inputs[0])
    return PartNormalization(
      groups: groups == -1 ? layout.count : groups, of: layout, .moments(epsilon: epsilon)
    ).program(pass, gamma: scale ? "gamma" : nil, beta: center ? "beta" : nil)
  }

  private func layout(_ input: Shape) -> AxisLayout {
    AxisLayout(input, axes: SampleAxes.range([axis], of: input))
  }
}
