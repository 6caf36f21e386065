public import PinionTensor

/// An update rule: a value that holds hyperparameters, and pure functions of them.
///
/// The state between steps is in an ``OptimizerState``: *slots*, buffers as long as the parameters,
/// and a few *scalars*. A step has two parts: ``coefficients(step:learningRate:scalars:)``,
/// computed once, and ``update(parameters:gradients:slots:coefficients:)``, which threads call on
/// ranges of the flat parameter buffer. Before it, the state clips the gradients and decays the
/// weights.
///
/// Stochastic gradient descent with momentum, m ← 0.9·m − λ·g and w ← w + m:
///
/// ```swift
/// struct Momentum: Optimizer {
///   var learningRate: LearningRate = 0.01
///   var slotNames: [String] { ["momentum"] }
///
///   func coefficients(
///     step: Int, learningRate: Double, scalars: inout [Double]
///   ) -> StepCoefficients { StepCoefficients(learningRate, 0.9) }
///
///   func update(
///     parameters w: MemoryView<Float>, gradients g: MemoryView<Float>, slots: OptimizerSlots,
///     coefficients: StepCoefficients
///   ) {
///     let m = slots[0]
///     for i in w.indices {
///       m[i] = coefficients[1] * m[i] - coefficients[0] * g[i]
///       w[i] += m[i]
///     }
///   }
/// }
/// ```
public protocol Optimizer: Configurable {
  var learningRate: LearningRate { get set }

  /// Hyperparameters that differ between parameters. Default: none.
  var parameterRules: [ParameterRule] { get }

  /// The decoupled weight decay d: w ← w − w·d·λ before the update, with the parameter's learning
  /// rate λ. Rules may replace it. Default: nil, none.
  var weightDecay: Double? { get }

  /// A bound on the gradients. Default: nil, none.
  var clipping: GradientClipping? { get }

  /// The names of the slots, under which they are saved; at most ``OptimizerSlots/capacity``.
  var slotNames: [String] { get }

  /// The value of each slot before the first step. Default: 0.
  var initialSlotValues: [Float] { get }

  /// The scalars before the first step. Default: none.
  var initialScalars: [Double] { get }

  /// The numbers of the step that follows `step` finished steps, equal for all parameters that have
  /// the same learning rate.
  ///
  /// May change the scalars. The change must not depend on the learning rate: with
  /// ``parameterRules``, this is called once for each rate, each time with the scalars from before
  /// the step.
  func coefficients(step: Int, learningRate: Double, scalars: inout [Double]) -> StepCoefficients

  /// Updates a range of parameters by their gradients, and the same range of the slots.
  ///
  /// All views have the same length. The new value of a parameter must depend only on its own old
  /// value, gradient and slots, so that results do not depend on how the parameters are cut into
  /// ranges. Must not allocate.
  func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients)

  /// Throws `ArgumentError` if a hyperparameter is outside its range. Default: checks the learning
  /// rate, the weight decay and the clipping.
  func validate() throws(ArgumentError)
}

extension Optimizer {
  public var parameterRules: [ParameterRule] { [] }

  public var weightDecay: Double? { nil }

  public var clipping: GradientClipping? { nil }

  public var initialSlotValues: [Float] { slotNames.map { _ in 0 } }

  public var initialScalars: [Double] { [] }

  public func validate() throws(ArgumentError) { try checkCommon() }

  /// Throws unless what all optimizers have is in its range.
  func checkCommon() throws(ArgumentError) {
    try learningRate.validate()
    if let weightDecay {
      try ArgumentError.checkRate(weightDecay, "\(Self.typeName).weightDecay")
    }
    try clipping?.validate("\(Self.typeName).clipping")
  }
}

extension TypeRegistry {
  /// The optimizers and schedules of this module.
  public static let optimizerTypes: [any Configurable.Type] = [
    SGD.self, Adam.self, AdamW.self, Nadam.self, Adamax.self, RMSprop.self, Adagrad.self,
    Adadelta.self, Lion.self, LAMB.self, LARS.self, Muon.self, GradientAccumulation.self,
    Lookahead.self, ExponentialMovingAverage.self, ConstantRate.self, ExponentialDecay.self,
    InverseTimeDecay.self, CosineDecay.self, CosineDecayRestarts.self,
    PiecewiseConstantDecay.self, PolynomialDecay.self, OneCycle.self, CyclicRate.self,
    Warmup.self, ByEpoch.self,
  ]
}
