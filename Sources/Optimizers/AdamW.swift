public import PinionTensor

/// Adam with decoupled weight decay: w ← w − w·d·λ, then ``Adam``'s update.
///
/// The decay d is 0.004 unless given, as in Keras 3. It applies to all parameters; exclude biases
/// and normalizations by rules:
///
/// ```swift
/// AdamW(
///   learningRate: 0.001, weightDecay: 0.05,
///   parameterRules: [
///     ParameterRule(role: .bias, weightDecay: 0),
///     ParameterRule(role: .normalization, weightDecay: 0),
///   ])
/// ```
/// Loshchilov and Hutter 2017 (arXiv:1711.05101).
public struct AdamW: AdamVariant {
  public var learningRate: LearningRate = 0.001
  /// β₁, the decay rate of the mean gradient; in 0..<1.
  public var beta1 = 0.9
  /// β₂, the decay rate of the mean squared gradient; in 0..<1.
  public var beta2 = 0.999
  /// ε, at least the smallest normal float.
  public var epsilon = 1e-7
  /// Whether v is replaced by the largest v so far (AMSGrad).
  public var amsgrad = false
  /// d, 0 or more; nil for none.
  public var weightDecay: Double? = 0.004
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule] = []

  public init() {}

  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool, weightDecay: Double? = 0.004,
    clipping: GradientClipping? = nil, parameterRules: [ParameterRule] = []
  ) {
    self.init(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, clipping: clipping, parameterRules: parameterRules)
    self.amsgrad = amsgrad
  }

  /// ``Adam``'s.
  public var slotNames: [String] {
    amsgrad ? ["momentum", "velocity", "velocity_hat"] : ["momentum", "velocity"]
  }

  /// ``Adam``'s.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    AdamUpdate.coefficients(
      step: step, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    AdamUpdate.run(
      parameters: parameters, gradients: gradients, slots: slots, coefficients: coefficients,
      amsgrad: amsgrad)
  }
}
