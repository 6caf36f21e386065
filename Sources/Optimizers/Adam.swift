internal import CPinionKernels
internal import Glibc
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

/// ``Adam`` and ``AdamW``, which update all parameters alike.
private protocol AdamUpdating: ExaminingOptimizer {
  var amsgrad: Bool { get }
}

extension AdamUpdating {
  func examinedUpdate(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) -> Bool {
    AdamUpdate.run(
      parameters: parameters, gradients: gradients, slots: slots, coefficients: coefficients,
      amsgrad: amsgrad)
  }
}

extension Adam: AdamUpdating {}
extension AdamW: AdamUpdating {}

/// The update that ``Adam``, ``AdamW`` and ``Muon`` share, in the letters of ``Adam``.
enum AdamUpdate {
  /// α, 1 − β₁, 1 − β₂ and ε.
  static func coefficients(
    step: Int, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double
  ) -> StepCoefficients {
    let t = Double(step + 1)
    let alpha = learningRate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
    return StepCoefficients(alpha, 1 - beta1, 1 - beta2, epsilon)
  }

  /// m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), w ← w − α · m / (√v + ε); with `amsgrad`,
  /// the last with the largest v so far.
  ///
  /// Slots: m, v and, with `amsgrad`, the largest v. Returns whether all of them and the parameters
  /// are finite.
  @discardableResult
  static func run(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients, amsgrad: Bool
  ) -> Bool {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(
      slots[0].count == count && slots[1].count == count, "slots as long as the parameters")
    let (w, g, m, v) = (parameters.base, gradients.base, slots[0].base, slots[1].base)
    let (alpha, epsilon) = (coefficients[0], coefficients[3])
    let (oneMinusBeta1, oneMinusBeta2) = (coefficients[1], coefficients[2])
    guard amsgrad else {
      var step = pinion_adam_step(
        alpha: alpha, mean_rate: oneMinusBeta1, square_rate: oneMinusBeta2, epsilon: epsilon)
      return pinion_adam(w, g, m, v, count, &step) != 0
    }
    require(slots[2].count == count, "slots as long as the parameters")
    let largest = slots[2].base
    // Two loops: with the overlap checks of five buffers, one is not vectorized. `magnitude` tells
    // the compiler that the operand is not negative: a square root that may set errno keeps the
    // loop from being vectorized, which makes it five times slower.
    for i in 0..<count {
      m[i] += (g[i] - m[i]) * oneMinusBeta1
      let square = v[i] + (g[i] * g[i] - v[i]) * oneMinusBeta2
      v[i] = square
      // This order of comparison keeps NaN.
      largest[i] = largest[i] >= square ? largest[i] : square
    }
    for i in 0..<count {
      w[i] -= m[i] * alpha / (largest[i].magnitude.squareRoot() + epsilon)
    }
    return parameters.areFinite && slots.areFinite
  }
}
