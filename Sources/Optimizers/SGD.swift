public import PinionTensor

/// Gradient descent, with or without momentum.
///
/// With learning rate λ, momentum μ, gradient g, velocity m (at first 0) and parameter w:
///
/// - without momentum, w ← w − λg;
/// - with it, m ← μm − λg, then w ← w + m, or, with Nesterov's, w ← w + μm − λg.
///
/// The learning rate is part of the velocity. As Keras 3; Sutskever et al. 2013.
public struct SGD: Optimizer {
  /// How far a step goes.
  public var learningRate: LearningRate
  /// How much of the velocity a step keeps.
  public var momentum: Double
  /// Whether the step looks ahead along the velocity; without effect if the momentum is 0.
  public var nesterov: Bool

  /// Gradient descent; by default at rate 0.01 and without momentum.
  public init(learningRate: LearningRate = 0.01, momentum: Double = 0, nesterov: Bool = false) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
  }

  /// The velocity, `momentum`, if there is any.
  public var slotNames: [String] { momentum == 0 ? [] : ["momentum"] }

  /// 0 without momentum, 1 with it.
  public var slotCount: Int { momentum == 0 ? 0 : 1 }

  /// λ and μ.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate, momentum)
  }

  /// Moves a range of parameters.
  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    let rate = coefficients[0]
    let (w, g) = (parameters.base, gradients.base)
    guard momentum != 0 else {
      for i in 0..<count { w[i] -= g[i] * rate }
      return
    }
    require(slots[0].count == count, "as long a slot as parameters")
    let m = slots[0].base
    let momentum = coefficients[1]
    if nesterov {
      for i in 0..<count {
        let push = g[i] * rate
        let velocity = m[i] * momentum - push
        m[i] = velocity
        w[i] += velocity * momentum - push
      }
    } else {
      for i in 0..<count {
        let velocity = m[i] * momentum - g[i] * rate
        m[i] = velocity
        w[i] += velocity
      }
    }
  }

  /// Throws ``ArgumentError`` if the learning rate makes no sense or the momentum is not in
  /// 0…1.
  public func validate() throws(ArgumentError) {
    try learningRate.validate()
    try ArgumentError.check(
      momentum >= 0 && momentum <= 1, "SGD.momentum", "at least 0 and at most 1",
      found: momentum)
  }
}
