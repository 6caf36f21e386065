internal import PinionTensor

/// The passes of a batch normalization over C places of an axis.
struct NormalizationRun: Sendable {
  let layer: BatchNormalization
  let layout: AxisLayout

  /// The handles of the layer's parameters, (C,) each.
  private struct Parameters: Sendable {
    let gamma, beta: ParameterHandle?
    let movingMean, movingVariance: ParameterHandle

    init(_ layer: BatchNormalization, in program: LayerProgram) {
      gamma = layer.scale ? program.parameter("gamma") : nil
      beta = layer.center ? program.parameter("beta") : nil
      movingMean = program.parameter("moving_mean")
      movingVariance = program.parameter("moving_variance")
    }
  }

  init(_ layer: BatchNormalization, layout: AxisLayout) {
    self.layer = layer
    self.layout = layout
  }

  // MARK: With the moving statistics

  /// y = γ·(x − μ)/√(σ² + ε) + β with the moving μ and σ²; dx = dy·γ/√(σ² + ε).
  func inferenceProgram(_ pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .inPlace
    program.backwardReads = []
    let parameters = Parameters(layer, in: program)
    let (layout, epsilon, count) = (layout, layer.epsilon, layout.count)
    let memory = program.reserve(.prepared, count: BatchCoefficients.floats(count))
    program.prepare { context in
      let mean = context[parameters.movingMean]
      let variance = context[parameters.movingVariance]
      BatchCoefficients(context[memory], count: count).set(
        mean: { Double(mean[$0]) }, variance: { Double(variance[$0]) }, epsilon: epsilon,
        gamma: parameters.gamma.map { context[$0] }, beta: parameters.beta.map { context[$0] })
    }
    program.forward = [
      .samples { context in
        BatchCoefficients(context[memory], count: count).normalize(
          context.inputs[0], into: context.output, layout: layout, samples: context.sampleCount)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        BatchCoefficients(context[memory], count: count).scale(
          context.outputGradient, into: dx, layout: layout, samples: context.sampleCount)
      }
    ]
    return program
  }

  // MARK: With the batch's statistics

  /// y = γ·(x − μ)/√(σ² + ε) + β with the batch's μ and σ², which the moving ones follow;
  /// dx = γ/√(σ² + ε)·(dy − mean(dy) − x̂·mean(dy·x̂)), dγ = Σ dy·x̂, dβ = Σ dy.
  func trainingProgram(_ pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    let parameters = Parameters(layer, in: program)
    let (layout, count) = (layout, layout.count)
    if layout.inner == 1 {
      program.channelShift = .vanishes
      program.shiftParameter = parameters.beta
    }
    let elements = pass.batch * layout.outer * layout.inner
    let memory = program.reserve(.shared, count: BatchCoefficients.floats(count))
    let sums = program.reserve(.laneSums, of: Double.self, count: BatchMoments.size(count))
    let doubles = program.reserve(
      .scratch, of: Double.self, count: BatchMoments.Scratch.doubles(count))
    let floats = program.reserve(.scratch, count: BatchMoments.Scratch.floats(count))

    program.forward = [
      .samples { context in
        BatchMoments(context[sums], count: count).add(
          context.inputs[0], layout: layout, samples: context.sampleCount,
          scratch: .init(doubles: context[doubles], floats: context[floats]))
      },
      .pieces(1) { context in
        LaneTree.reduce(count: context.laneCount) { target, source in
          BatchMoments(context.sums(sums, lane: target), count: count).merge(
            BatchMoments(context.sums(sums, lane: source), count: count))
        }
        let moments = BatchMoments(context.sums(sums, lane: 0), count: count)
        BatchCoefficients(context[memory], count: count).set(
          mean: moments.mean, variance: moments.variance, elements: elements,
          epsilon: layer.epsilon, gamma: parameters.gamma.map { context[$0] },
          beta: parameters.beta.map { context[$0] })
        follow(moments.mean, by: context[parameters.movingMean])
        follow(moments.variance, by: context[parameters.movingVariance])
      },
      .samples { context in
        BatchCoefficients(context[memory], count: count).normalize(
          context.inputs[0], into: context.output, layout: layout, samples: context.sampleCount)
      },
    ]
    program.backward = [
      .samples { context in
        BatchMoments(context[sums], count: count).addProducts(
          context.outputGradient, context.inputs[0],
          coefficients: BatchCoefficients(context[memory], count: count), layout: layout,
          samples: context.sampleCount,
          scratch: .init(doubles: context[doubles], floats: context[floats]))
      },
      .pieces(1) { context in
        let total = BatchMoments(context.total(of: sums), count: count)
        BatchCoefficients(context[memory], count: count).setGradient(
          (gradients: total.first, products: total.second), elements: elements)
        if let gamma = parameters.gamma { copy(total.second, to: context.gradient(of: gamma)) }
        if let beta = parameters.beta { copy(total.first, to: context.gradient(of: beta)) }
      },
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        BatchCoefficients(context[memory], count: count).propagate(
          context.outputGradient, context.inputs[0], into: dx, layout: layout,
          samples: context.sampleCount)
      },
    ]
    return program
  }

  private func copy(_ sums: MemoryView<Double>, to gradient: MemoryView<Float>) {
    for c in gradient.indices { gradient[c] = Float(sums[c]) }
  }

  /// moving ← moving·m + batch·(1 − m), in double precision: a variance beyond the largest float
  /// may be part of a moving one within.
  private func follow(_ batch: (Int) -> Double, by moving: MemoryView<Float>) {
    for c in moving.indices {
      moving[c] = Float(Double(moving[c]) * layer.momentum + batch(c) * (1 - layer.momentum))
    }
  }
}
