public import PinionTensor

/// Normalizes the values at each place of one axis over all others: y = γ·(x − μ)/√(σ² + ε) + β.
///
/// - Input and output: (N, …) of the same shape.
/// - Parameters: `gamma`, `beta`, and, not trainable, `moving_mean`, `moving_variance`; each as
///   long as the axis.
///
/// In training μ and σ² are the batch's mean and population variance, and the moving ones follow:
/// moving ← moving·m + batch·(1 − m). In inference they are the moving ones. As Keras 3's
/// `BatchNormalization` (Ioffe and Szegedy 2015).
///
/// Of one value a place, as in a batch of one vector, the output is β and the input's gradient
/// exactly 0. Any finite inputs are normalized, as far as `Float` goes; a moving variance beyond
/// its largest number, 3.4·10³⁸, becomes infinite, for `fit` to report.
public struct BatchNormalization: Layer {
  /// The axis that keeps its places apart, counted with the batch as axis 0, or from the end if
  /// negative. Default: the last, channels.
  public var axis: Int
  /// m. Default: 0.99.
  public var momentum: Double
  /// ε. Default: 0.001.
  public var epsilon: Double
  /// Whether there is a β. Default: yes.
  public var center: Bool
  /// Whether there is a γ. Default: yes.
  public var scale: Bool
  /// The layer's name, or nil for one made from its type.
  public var name: String?
  /// The same for all copies of the value.
  public private(set) var identity = LayerIdentity()

  /// A normalization over all axes but one.
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

  /// The shape of the input.
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

  /// γ and β as far as they are there, then the moving statistics.
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

  /// The identity: what it puts out is of any size and sign, and no probability.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  /// In training, each pass gathers sums over the whole batch, draws the conclusions, and applies
  /// them. In inference, and in training while the layer is frozen, the moving statistics are
  /// applied.
  public func program(for pass: LayerPass) -> LayerProgram {
    let run = NormalizationRun(self, layout: layout(pass.inputs[0]))
    return pass.mode == .training && pass.isTrainable
      ? run.trainingProgram(pass) : run.inferenceProgram(pass)
  }

  private func layout(_ input: Shape) -> AxisLayout {
    AxisLayout(input, axis: (axis < 0 ? axis + input.rank + 1 : axis) - 1)
  }
}
