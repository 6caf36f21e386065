public import PinionTensor

/// Normalizes each index of one axis (such as each channel) over all other axes:
/// y = γ·(x − μ)/√(σ² + ε) + β.
///
/// - Input and output: (N, …) of equal shape.
/// - Parameters: `gamma` γ, `beta` β; not trainable: `moving_mean`, `moving_variance`; each with
///   the length of the axis.
///
/// In training, μ and σ² are the mean and the population variance of the batch, and the moving
/// averages are updated: moving ← moving·m + batch·(1 − m). In inference, they are the moving
/// averages. As Keras 3's `BatchNormalization` (Ioffe and Szegedy 2015).
///
/// With one value for each index, as in a batch of one vector, the output is β and the gradient of
/// the input exactly 0. All finite inputs are supported; a moving variance above the largest float
/// becomes infinite, which `fit` reports.
public struct BatchNormalization: Layer {
  /// The axis that is not averaged over, with the batch as axis 0; counted from the end if
  /// negative. Default: −1, the channels.
  public var axis: Int
  /// m. Default: 0.99.
  public var momentum: Double
  /// ε. Default: 0.001.
  public var epsilon: Double
  /// Whether to add β. Default: true.
  public var center: Bool
  /// Whether to multiply by γ. Default: true.
  public var scale: Bool
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    axis: Int = -1, momentum: Double = 0.99, epsilon: Double = 0.001, center: Bool = true,
    scale: Bool = true, name: String? = nil
  ) {
    self.axis = axis
    self.momentum = momentum
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let rank = inputs[0].rank + 1
    try LayerError.require(
      (1..<rank).contains(axis < 0 ? axis + rank : axis),
      "an axis in 1..<\(rank), or negative and counted from the end, but not the batch's",
      received: "axis \(axis) for an input of shape \(inputs[0])")
    try LayerError.require(
      epsilon > 0 && epsilon.isFinite, "epsilon must be positive and finite",
      received: "\(epsilon)")
    try LayerError.require(
      momentum >= 0 && momentum <= 1, "momentum must be between 0 and 1", received: "\(momentum)")
    return inputs[0]
  }

  /// γ and β if used, then the moving averages.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [layout(inputs[0]).count]
    var parameters: [Parameter] = []
    if scale { parameters.append(Parameter("gamma", shape: shape, initializer: .ones)) }
    if center { parameters.append(Parameter("beta", shape: shape, initializer: .zeros)) }
    parameters.append(
      Parameter("moving_mean", shape: shape, initializer: .zeros, isTrainable: false))
    parameters.append(
      Parameter(
        "moving_variance", shape: shape, initializer: .ones, isTrainable: false,
        isNonNegative: true))
    return parameters
  }

  /// The identity: outputs are not probabilities.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  /// In training, each pass has three phases: sums over the batch, coefficients, and their
  /// application. In inference, and for a frozen layer, the moving averages are applied.
  public func program(for pass: LayerPass) -> LayerProgram {
    let run = NormalizationRun(self, layout: layout(pass.inputs[0]))
    return pass.mode == .training && pass.isTrainable
      ? run.trainingProgram(pass) : run.inferenceProgram(pass)
  }

  private func layout(_ input: Shape) -> AxisLayout {
    AxisLayout(input, axis: (axis < 0 ? axis + input.rank + 1 : axis) - 1)
  }
}
