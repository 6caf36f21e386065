public import PinionTensor

/// Normalizes the values at each place of one axis over all others: y = γ·(x − μ)/√(σ² + ε) + β.
///
/// - Input and output: (N, …) of the same shape.
/// - Parameters: `gamma`, `beta`, and, not trainable, `moving_mean`, `moving_variance`; each as long as the axis.
///
/// In training μ and σ² are the batch's mean and population variance, and the moving ones follow: moving ← moving·m + batch·(1 − m). In
/// inference they are the moving ones. As Keras 3's `BatchNormalization` (Ioffe and Szegedy 2015).
///
/// Of one value a place, as in a batch of one vector, the output is β and the input's gradient exactly 0. Any finite inputs are
/// normalized, as far as ``Float`` goes; a moving variance beyond its largest number, 3.4·10³⁸, becomes infinite, for `fit` to report.
public struct BatchNormalization: Layer {
  /// The axis that keeps its places apart, counted with the batch as axis 0, or from the end if negative. Default: the last, channels.
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

  /// In training, both passes gather sums over the whole batch, draw the conclusions, and apply them.
  public func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    let count = layout(pass.inputs[0]).count
    if pass.mode == .training {
      execution.forward = [.images, .pieces(1), .images]
      execution.backward = [.images, .pieces(1), .images]
      execution.sharedFloats = BatchCoefficients.floats(count)
      execution.partialFloats = BatchMoments.floats(count)
      execution.scratchFloats = BatchMoments.scratchFloats(count)
      if axis == -1 || axis == pass.inputs[0].rank {
        execution.channelShift = .vanishes
        execution.shiftParameter = center ? (scale ? 1 : 0) : nil
      }
    } else {
      execution.memory = .inPlace
      execution.preparedFloats = BatchCoefficients.floats(count)
    }
    execution.setsGradients = true
    return execution
  }

  /// The identity: what it puts out is of any size and sign, and no probability.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  /// The factors of inference, from the moving statistics.
  public func prepare(_ context: LayerContext) {
    let count = layout(context.inputShapes[0]).count
    let statistics = context.parameters.suffix(2)
    let moving = (
      mean: statistics[statistics.startIndex], variance: statistics[statistics.startIndex + 1]
    )
    BatchCoefficients(context.prepared, count: count).set(
      mean: { Double(moving.mean[$0]) }, variance: { Double(moving.variance[$0]) },
      epsilon: epsilon, gamma: gamma(context), beta: beta(context))
  }

  /// y = γ·(x − μ)/√(σ² + ε) + β.
  public func forward(_ context: LayerContext) {
    let layout = layout(context.inputShapes[0])
    let (x, y) = (context.inputs[0], context.output)
    guard context.mode == .training else {
      BatchCoefficients(context.prepared, count: layout.count).normalize(
        x, into: y, layout: layout, images: context.imageCount)
      return
    }
    let coefficients = BatchCoefficients(context.shared, count: layout.count)
    switch context.phase {
    case 0:
      BatchMoments(context.partials, count: layout.count).add(
        x, layout: layout, images: context.imageCount, scratch: context.scratch,
        isFirst: context.startsLane)
    case 1: conclude(context, layout: layout, coefficients: coefficients)
    default:
      coefficients.normalize(x, into: y, layout: layout, images: context.imageCount)
    }
  }

  /// dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂·mean(dy·x̂)); dγ = Σ dy·x̂, dβ = Σ dy.
  public func backward(_ context: LayerContext) {
    let layout = layout(context.inputShapes[0])
    let coefficients = BatchCoefficients(context.shared, count: layout.count)
    switch context.phase {
    case 0:
      BatchMoments(context.partials, count: layout.count).addProducts(
        context.outputGradient, context.inputs[0], coefficients: coefficients, layout: layout,
        images: context.imageCount, scratch: context.scratch,
        isFirst: context.startsLane)
    case 1:
      let sums = BatchMoments.totalProducts(context, count: layout.count)
      coefficients.setGradient(sums, elements: context.batch * layout.outer * layout.inner)
      if scale { for c in 0..<layout.count { context.gradients[0][c] = Float(sums.products[c]) } }
      if center {
        let gradient = context.gradients[scale ? 1 : 0]
        for c in 0..<layout.count { gradient[c] = Float(sums.gradients[c]) }
      }
    default:
      guard let dx = context.inputGradients[0] else { return }
      coefficients.propagate(
        context.outputGradient, context.inputs[0], into: dx, layout: layout,
        images: context.imageCount)
    }
  }

  private func conclude(
    _ context: LayerContext, layout: AxisLayout, coefficients: BatchCoefficients
  ) {
    let moments = BatchMoments.total(context, count: layout.count)
    coefficients.set(
      mean: { moments.mean[$0] }, variance: { moments.variance[$0] },
      elements: context.batch * layout.outer * layout.inner, epsilon: epsilon,
      gamma: gamma(context), beta: beta(context))
    let movingMean = context.parameters[context.parameters.count - 2]
    let movingVariance = context.parameters[context.parameters.count - 1]
    // In double precision: a variance beyond the largest float may be part of a moving one within.
    func follow(_ moving: MemoryView<Float>, _ batch: MemoryView<Double>) {
      for c in moving.indices {
        moving[c] = Float(Double(moving[c]) * momentum + batch[c] * (1 - momentum))
      }
    }
    follow(movingMean, moments.mean)
    follow(movingVariance, moments.variance)
  }

  private func gamma(_ context: LayerContext) -> MemoryView<Float>? {
    scale ? context.parameters[0] : nil
  }

  private func beta(_ context: LayerContext) -> MemoryView<Float>? {
    center ? context.parameters[scale ? 1 : 0] : nil
  }

  private func layout(_ input: Shape) -> AxisLayout {
    AxisLayout(input, axis: (axis < 0 ? axis + input.rank + 1 : axis) - 1)
  }
}
