public import PinionTensor

/// Adam: steps scaled by running means of the gradient and of its square.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂)
/// - α = λ · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
/// - w ← w − α · m / (√v + ε); with `amsgrad`, v is replaced by the largest v so far
///
/// ε is added to the uncorrected √v (the paper's ε̂), as in Keras 3 and unlike PyTorch. Kingma and
/// Ba 2014 (arXiv:1412.6980); Reddi et al. 2018 for AMSGrad.
public struct Adam: AdamVariant {
  public var learningRate: LearningRate = 0.001
  /// β₁, the decay rate of the mean gradient; in 0..<1.
  public var beta1 = 0.9
  /// β₂, the decay rate of the mean squared gradient; in 0..<1.
  public var beta2 = 0.999
  /// ε, at least the smallest normal float.
  public var epsilon = 1e-7
  /// Whether v is replaced by the largest v so far (AMSGrad).
  public var amsgrad = false
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule] = []

  public init() {}

  /// The initializer that ``AdamVariant`` gives all variants, with `amsgrad`.
  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool, weightDecay: Double? = nil,
    clipping: GradientClipping? = nil, parameterRules: [ParameterRule] = []
  ) {
    self.init(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, clipping: clipping, parameterRules: parameterRules)
    self.amsgrad = amsgrad
  }

  /// m, v and, with `amsgrad`, the largest v.
  public var slotNames: [String] {
    amsgrad ? ["momentum", "velocity", "velocity_hat"] : ["momentum", "velocity"]
  }

  /// α, 1 − β₁, 1 − β₂ and ε.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    AdamUpdate.coefficients(
      step: step, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  /// m, v and w as above; the loop is that of all variants, in `AdamUpdate`.
  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    AdamUpdate.run(
      parameters: parameters, gradients: gradients, slots: slots, coefficients: coefficients,
      amsgrad: amsgrad)
  }
}
