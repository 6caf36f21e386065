public import PinionTensor

/// An optimizer that extends the steps of another one: ``GradientAccumulation``, ``Lookahead`` or
/// ``ExponentialMovingAverage``.
///
/// Hyperparameters are those of the base. Wrappers of different kinds may be nested, in any order
/// with the same result; slots are those of the rule, then those of the wrappers from the inside
/// out.
///
/// A custom wrapper changes the update: one for noisy gradients adds the noise in
/// ``Optimizer/update(parameters:gradients:slots:coefficients:)``, then calls the base's. It
/// belongs inside the three, around an optimizer that updates each element by itself: not
/// ``LARS``, ``LAMB`` or ``Muon``, which look at whole parameters.
public protocol OptimizerWrapper: Optimizer {
  /// The optimizer inside, which may be a wrapper too.
  var base: any Optimizer { get set }

  /// The name of the wrapper's slot; nil if it has none.
  var ownSlotName: String? { get }

  /// Throws `ArgumentError` if a hyperparameter of the wrapper itself is outside its range.
  func validateOwn() throws(ArgumentError)
}

extension OptimizerWrapper {
  public var learningRate: LearningRate {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  public var parameterRules: [ParameterRule] { base.parameterRules }

  public var weightDecay: Double? { base.weightDecay }

  public var clipping: GradientClipping? { base.clipping }

  public var slotNames: [String] { base.slotNames + (ownSlotName.map { [$0] } ?? []) }

  public var initialSlotValues: [Float] {
    base.initialSlotValues + (ownSlotName == nil ? [] : [0])
  }

  public var initialScalars: [Double] { base.initialScalars }

  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    base.coefficients(step: step, learningRate: learningRate, scalars: &scalars)
  }

  /// The update of the base.
  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    base.update(
      parameters: parameters, gradients: gradients, slots: slots, coefficients: coefficients)
  }

  public func validate() throws(ArgumentError) {
    try validateOwn()
    var inner = base
    while let wrapper = inner as? any OptimizerWrapper {
      try ArgumentError.check(
        type(of: wrapper).typeName != Self.typeName, "\(Self.typeName).base",
        "an optimizer without another \(Self.typeName)", found: "a nested one")
      try checkMayContain(wrapper)
      inner = wrapper.base
    }
    try checkMayContain(inner)
    try base.validate()
  }

  /// Throws if the optimizer does more in a step than to update elements: a wrapper of another
  /// module, which calls its update alone, would lose it.
  private func checkMayContain(_ optimizer: any Optimizer) throws(ArgumentError) {
    let looksAtParameters =
      optimizer is any MatrixOptimizer
      || optimizer is any LayerwiseOptimizer && !(self is any LayerwiseOptimizer)
    try ArgumentError.check(
      self is any StepWrapper || !(looksAtParameters || optimizer is any StepWrapper),
      "\(Self.typeName).base",
      "an optimizer that updates each element by itself, with GradientAccumulation, Lookahead and "
        + "ExponentialMovingAverage around \(Self.typeName)",
      found: type(of: optimizer).typeName)
  }
}

/// The mean gradient of several batches as the gradient of one step, as Keras 3's
/// `gradient_accumulation_steps`.
///
/// Of each `steps` batches, the first ones only add to the sum s ← s + g; the last one updates by
/// (g + s) / steps and sets s to 0. Clipping and weight decay apply to that step alone. The
/// optimizer counts updates; schedules count batches. Apart from rounding, batches of one size have
/// the gradient of one larger batch, unless layers compute statistics of a batch, such as a batch
/// normalization.
public struct GradientAccumulation: OptimizerWrapper {
  @Configured public var base: any Optimizer
  /// At least 2.
  public var steps: Int

  public init(_ base: some Optimizer, steps: Int) {
    _base = Configured(wrappedValue: base)
    self.steps = steps
  }

  public var ownSlotName: String? { "gradient_accumulator" }

  public func validateOwn() throws(ArgumentError) {
    try ArgumentError.check(
      steps >= 2, "GradientAccumulation.steps", "at least 2", found: steps)
  }
}

/// Slow weights that follow the optimizer's fast ones.
///
/// φ starts as the first weights. After every `synchronizationPeriod`-th update:
/// φ ← φ + α(w − φ), w ← φ. Zhang et al. 2019 (arXiv:1907.08610).
public struct Lookahead: OptimizerWrapper {
  @Configured public var base: any Optimizer
  /// At least 1.
  public var synchronizationPeriod: Int
  /// α, in 0…1.
  public var slowStep: Double

  public init(_ base: some Optimizer, synchronizationPeriod: Int = 6, slowStep: Double = 0.5) {
    _base = Configured(wrappedValue: base)
    self.synchronizationPeriod = synchronizationPeriod
    self.slowStep = slowStep
  }

  public var ownSlotName: String? { "slow_weights" }

  public func validateOwn() throws(ArgumentError) {
    try ArgumentError.checkSteps(
      synchronizationPeriod, "Lookahead.synchronizationPeriod")
    try ArgumentError.check(
      slowStep >= 0 && slowStep <= 1, "Lookahead.slowStep", "at least 0 and at most 1",
      found: slowStep)
  }
}

/// A moving average of the weights, as Keras 3's `use_ema`, `ema_momentum` and
/// `ema_overwrite_frequency`.
///
/// After every step: a ← μa + (1 − μ)w, a ← w after the first one. After every
/// `overwriteFrequency`-th update, and when `fit` ends, the weights become the average.
public struct ExponentialMovingAverage: OptimizerWrapper {
  @Configured public var base: any Optimizer
  /// μ, in 0…1.
  public var momentum: Double
  /// At least 1; nil for never.
  public var overwriteFrequency: Int?
  /// Whether `fit` validates and calls callbacks at the end of an epoch with the average in place
  /// of the weights, as Keras's `SwapEMAWeights(swap_on_epoch=True)` does for the callbacks after
  /// it.
  public var isUsedAtEpochEnd: Bool

  public init(
    _ base: some Optimizer, momentum: Double = 0.99, overwriteFrequency: Int? = nil,
    isUsedAtEpochEnd: Bool = false
  ) {
    _base = Configured(wrappedValue: base)
    self.momentum = momentum
    self.overwriteFrequency = overwriteFrequency
    self.isUsedAtEpochEnd = isUsedAtEpochEnd
  }

  public var ownSlotName: String? { Self.slotName }

  static let slotName = "average"

  public func validateOwn() throws(ArgumentError) {
    try ArgumentError.check(
      momentum >= 0 && momentum <= 1, "ExponentialMovingAverage.momentum",
      "at least 0 and at most 1", found: momentum)
    try ArgumentError.checkSteps(
      overwriteFrequency ?? 1, "ExponentialMovingAverage.overwriteFrequency")
  }
}
