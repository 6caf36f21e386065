public import PinionTensor

/// Normalizes each index of one axis (a *place*, such as a channel) over all other axes:
/// y = γ·(x − μ)/√(σ² + ε) + β.
///
/// - Input and output: (N, …) of equal shape.
/// - Parameters: `gamma` γ, `beta` β; not trainable: `moving_mean`, `moving_variance`; each with
///   the length of the axis.
///
/// In training, μ and σ² are the mean and the population variance of the batch, and the moving
/// averages are updated: moving ← moving·momentum + batch·(1 − momentum). In inference, the moving
/// averages replace μ and σ². As Keras 3's `BatchNormalization` (Ioffe and Szegedy 2015).
///
/// `NaiveBatchNormalization`, in Tests/LayersTests/Naive, is this in plain loops, without the
/// update of the moving averages. `BatchMoments` and `BatchCoefficients`, which run here, differ
/// from it in speed and rounding.
///
/// With one value for each place, as in a batch of one vector, the output is β and the gradient of
/// the input exactly 0. All finite inputs are supported; a moving variance above the largest float
/// becomes infinite, which `fit` reports.
public struct BatchNormalization: Layer {
  /// The axis that is not averaged over, with the batch as axis 0; counted from the end if
  /// negative. Default: −1, the channels.
  public var axis: Int
  /// The weight of the old moving averages. Default: 0.99.
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

  /// No activation; `Linear` marks outputs that are not probabilities.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  public func program(for pass: LayerPass) -> LayerProgram {
    pass.mode == .training && pass.isTrainable
      ? trainingProgram(for: pass) : inferenceProgram(for: pass)
  }

  /// A sample as (outer, C, inner), with C places of the axis; inner is 1 if the axis is the last.
  private func layout(_ input: Shape) -> AxisLayout {
    AxisLayout(input, axis: (axis < 0 ? axis + input.rank + 1 : axis) - 1)
  }

  /// Whether places are channels. An earlier axis before axes of length 1 has the same memory
  /// layout, but its places are not channels.
  private func isLast(_ input: Shape) -> Bool { axis == -1 || axis == input.rank }

  /// The handles of the parameters, (C,) each.
  private struct Parameters: Sendable {
    let gamma, beta: ParameterHandle?
    let movingMean, movingVariance: ParameterHandle

    init(of layer: BatchNormalization, in program: LayerProgram) {
      gamma = layer.scale ? program.parameter("gamma") : nil
      beta = layer.center ? program.parameter("beta") : nil
      movingMean = program.parameter("moving_mean")
      movingVariance = program.parameter("moving_variance")
    }
  }
}

// MARK: - Inference

extension BatchNormalization {
  /// With f = γ/√(σ² + ε) of the moving averages: y = f·(x − μ) + β, dx = f·dy.
  private func inferenceProgram(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .inPlace
    program.backwardReads = []
    let parameters = Parameters(of: self, in: program)
    let (layout, epsilon) = (layout(pass.inputs[0]), epsilon)
    let coefficients = CoefficientsHandle(.prepared, count: layout.count, in: &program)

    program.prepare { context in
      let mean = context[parameters.movingMean]
      let variance = context[parameters.movingVariance]
      coefficients[context].set(
        mean: { Double(mean[$0]) }, variance: { Double(variance[$0]) }, epsilon: epsilon,
        gamma: parameters.gamma.map { context[$0] }, beta: parameters.beta.map { context[$0] })
    }
    program.forward = [
      .samples { context in
        coefficients[context].normalize(
          context.inputs[0], into: context.output, layout: layout, samples: context.sampleCount)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        coefficients[context].propagateInference(
          context.outputGradient, into: dx, layout: layout, samples: context.sampleCount)
      }
    ]
    return program
  }
}

extension BatchNormalization: FoldedLayer {
  /// In inference, y = f·x + (β − f·μ) with f = γ/√(σ² + ε), which Network+Folding.swift merges
  /// into the preceding layer; nil if the axis is not the last.
  package func folded(
    for inputs: [Shape], parameter: (String) -> MemoryView<Float>
  ) -> FoldedOperation? {
    guard isLast(inputs[0]) else { return nil }
    let (mean, variance) = (parameter("moving_mean"), parameter("moving_variance"))
    let (gamma, beta) = (scale ? parameter("gamma") : nil, center ? parameter("beta") : nil)
    let factors = variance.indices.map {
      Double(gamma?[$0] ?? 1) / (Double(variance[$0]) + epsilon).squareRoot()
    }
    let offsets = mean.indices.map { Double(beta?[$0] ?? 0) - factors[$0] * Double(mean[$0]) }
    return .affine(factors: factors, offsets: offsets)
  }
}

// MARK: - Training

extension BatchNormalization {
  /// Each pass has three phases: sums over the m values of each place of the axis; coefficients
  /// from them; their application to each value.
  ///
  ///     forward   1. μ = Σ x / m,  σ² = Σ (x − μ)² / m
  ///               2. f = γ/√(σ² + ε),  moving ← moving·momentum + batch·(1 − momentum)
  ///               3. y = f·(x − μ) + β
  ///     backward  1. dβ = Σ dy,  dγ = Σ dy·x̂  with  x̂ = (x − μ)/√(σ² + ε)
  ///               2. constant = −dβ/m,  slope = −dγ/(m·√(σ² + ε)),  so that
  ///               3. dx = f·(dy − dβ/m − x̂·dγ/m) = f·(dy + constant + slope·(x − μ))
  ///
  /// The last two terms of dx are there because μ and σ² depend on x.
  ///
  /// Threads divide the samples of phases 1 and 3. In phase 1, each lane (a part of the batch) has
  /// its own sums; phase 2 is a single call, which merges them.
  ///
  /// The loops; those in C are for rows of one value of each place, if the axis is the last, and
  /// otherwise for runs of values of one place:
  ///
  /// 1. `AxisSums`, for `BatchMoments`: place_sums.c for rows, normalization.c for runs.
  /// 2. `MomentsHandle.mergeLanes` and `sumGradients`, for the lanes; `BatchCoefficients.set` and
  ///    `setGradient`, for the coefficients.
  /// 3. `BatchCoefficients.normalize` and `propagate`: normalization.c for both.
  ///
  /// Values for which single precision overflows have loops in Swift: `AxisSums.addWide`,
  /// `BatchCoefficients.normalizeInLargeUnit` and `propagateInLargeUnit`.
  private func trainingProgram(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    let parameters = Parameters(of: self, in: program)
    let (layout, epsilon) = (layout(pass.inputs[0]), epsilon)
    // A constant added to a channel cancels in x − μ, so that the gradient of a preceding bias is
    // 0; see `VanishingGradients`. With one channel, the constant is added to all values, and
    // cancels for any axis. β adds such a constant to the output.
    let isLast = isLast(pass.inputs[0])
    if isLast || pass.inputs[0].last == 1 { program.channelShift = .vanishes }
    if isLast { program.shiftParameter = parameters.beta }
    // The number of values of a place in the batch.
    let m = pass.batch * layout.outer * layout.inner
    let coefficients = CoefficientsHandle(.shared, count: layout.count, in: &program)
    let moments = MomentsHandle(count: layout.count, in: &program)

    program.forward = [
      // 1. The sums.
      .samples { context in
        moments[context].add(
          context.inputs[0], layout: layout, samples: context.sampleCount,
          scratch: moments.scratch(context))
      },
      // 2. The coefficients.
      .pieces(1, reading: .memory) { context in
        let batch = moments.mergeLanes(context)
        coefficients[context].set(
          mean: batch.mean, variance: batch.variance, elements: m, epsilon: epsilon,
          gamma: parameters.gamma.map { context[$0] }, beta: parameters.beta.map { context[$0] })
        updateAverage(context[parameters.movingMean], toward: batch.mean)
        updateAverage(context[parameters.movingVariance], toward: batch.variance)
      },
      // 3. Their application.
      .samples { context in
        coefficients[context].normalize(
          context.inputs[0], into: context.output, layout: layout, samples: context.sampleCount)
      },
    ]
    program.backward = [
      // 1. The sums.
      .samples { context in
        moments[context].addGradients(
          context.outputGradient, context.inputs[0], coefficients: coefficients[context],
          layout: layout, samples: context.sampleCount, scratch: moments.scratch(context))
      },
      // 2. The coefficients.
      .pieces(1, reading: .memory) { context in
        let (dBeta, dGamma) = moments.sumGradients(context)
        coefficients[context].setGradient(dBeta: dBeta, dGamma: dGamma, elements: m)
        if let gamma = parameters.gamma { copy(dGamma, to: context.gradient(of: gamma)) }
        if let beta = parameters.beta { copy(dBeta, to: context.gradient(of: beta)) }
      },
      // 3. Their application.
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        coefficients[context].propagate(
          context.outputGradient, context.inputs[0], into: dx, layout: layout,
          samples: context.sampleCount)
      },
    ]
    return program
  }

  private func copy(_ sums: MemoryView<Double>, to gradient: MemoryView<Float>) {
    for c in gradient.indices { gradient[c] = Float(sums[c]) }
  }

  /// moving ← moving·momentum + batch·(1 − momentum), in double precision: the batch's variance may
  /// exceed the largest float although the moving one does not.
  private func updateAverage(_ moving: MemoryView<Float>, toward batch: (Int) -> Double) {
    for c in moving.indices {
      moving[c] = Float(Double(moving[c]) * momentum + batch(c) * (1 - momentum))
    }
  }
}
