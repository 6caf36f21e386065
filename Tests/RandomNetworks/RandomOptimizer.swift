import PinionOptimizers

/// An optimizer with random hyperparameters; every second one has a schedule.
enum RandomOptimizer {
  static func make(_ choices: inout Choices) -> any Optimizer {
    switch choices.below(14) {
    case 0, 1: return SGD(learningRate: rate(&choices, 0.05))
    case 2, 3:
      return SGD(
        learningRate: rate(&choices, 0.02), momentum: choices.pick([0.5, 0.9]),
        nesterov: choices.oneIn(2))
    case 4: return Adam(learningRate: rate(&choices, 0.002))
    case 5:
      return Adam(
        learningRate: rate(&choices, 0.001), beta1: choices.pick([0.8, 0.9]),
        beta2: choices.pick([0.99, 0.999]), amsgrad: choices.oneIn(2))
    case 6: return Nadam(learningRate: rate(&choices, 0.001))
    case 7:
      return AdamW(learningRate: rate(&choices, 0.002), weightDecay: choices.pick([0.004, 0.1]))
    case 8:
      return RMSprop(
        learningRate: rate(&choices, 0.001), momentum: choices.pick([0, 0.9]),
        centered: choices.oneIn(2))
    case 9: return Adamax(learningRate: rate(&choices, 0.002))
    case 10: return Adagrad(learningRate: rate(&choices, 0.01))
    case 11: return Adadelta(learningRate: rate(&choices, 0.1))
    case 12: return LAMB(learningRate: rate(&choices, 0.001))
    default: return Lion(learningRate: rate(&choices, 0.0005), weightDecay: choices.pick([0, 0.1]))
    }
  }

  /// An optimizer that clips gradients, or one that Keras lacks or computes otherwise.
  static func makeUnusual(_ choices: inout Choices) -> any Optimizer {
    let clipping = choices.pick([
      GradientClipping.value(0.01), .norm(0.1), .norm(10), .globalNorm(0.2), nil,
    ])
    switch choices.below(6) {
    case 0: return SGD(learningRate: rate(&choices, 0.05), momentum: 0.9, clipping: clipping)
    case 1: return Adam(learningRate: rate(&choices, 0.002), clipping: clipping)
    case 2: return LAMB(learningRate: rate(&choices, 0.001), clipping: clipping)
    case 3:
      return LARS(
        learningRate: rate(&choices, 0.1), nesterov: choices.oneIn(2),
        weightDecay: choices.pick([nil, 0.01]), clipping: clipping)
    default:
      return Muon(
        learningRate: rate(&choices, 0.002), nesterov: choices.oneIn(2),
        flattensKernels: choices.oneIn(3), clipping: clipping)
    }
  }

  private static func rate(_ choices: inout Choices, _ value: Double) -> LearningRate {
    switch choices.below(12) {
    case 0:
      return .exponentialDecay(
        initialLearningRate: value, decaySteps: 3, decayRate: 0.7, staircase: choices.oneIn(2))
    case 1:
      return .cosineDecay(
        initialLearningRate: value / 10, decaySteps: 5, alpha: 0.1, warmupTarget: value,
        warmupSteps: 2)
    case 2: return .cosineDecay(initialLearningRate: value, decaySteps: 4)
    case 3: return .cosineDecayRestarts(initialLearningRate: value, firstDecaySteps: 2, alpha: 0.2)
    case 4:
      return .inverseTimeDecay(
        initialLearningRate: value, decaySteps: 2, decayRate: 0.5, staircase: choices.oneIn(2))
    case 5:
      return .piecewiseConstantDecay(boundaries: [0, 2], values: [value, value / 2, value / 4])
    case 6:
      return .polynomialDecay(
        initialLearningRate: value, decaySteps: 4, endLearningRate: value / 10, power: 2,
        cycle: choices.oneIn(2))
    default: return LearningRate(value)
    }
  }
}
