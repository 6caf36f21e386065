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

/// An optimizer whose update of an element also depends on two sums over the whole parameter of
/// that element, such as the norms of the parameter and of its gradient.
///
/// A step first calls ``prepare(parameters:gradients:slots:coefficients:)`` on the ranges of each
/// parameter and adds up what it returns, in an order that depends on the parameter's count alone,
/// then updates with the coefficients that
/// ``coefficients(_:sums:learningRate:weightDecay:of:)`` makes of the sums.
public protocol LayerwiseOptimizer: Optimizer {
  /// Whether the optimizer decays the weights itself. Otherwise they are decayed before
  /// ``prepare(parameters:gradients:slots:coefficients:)``. Default: false.
  var decaysWeights: Bool { get }

  /// Returns the two sums over a range, and may change the slots. Must not allocate.
  func prepare(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) -> SIMD2<Double>

  /// The coefficients of a parameter's update from the sums over all of it. Must not allocate.
  func coefficients(
    _ coefficients: StepCoefficients, sums: SIMD2<Double>, learningRate: Double,
    weightDecay: Double, of parameter: ParameterRange
  ) -> StepCoefficients
}

extension LayerwiseOptimizer {
  public var decaysWeights: Bool { false }
}

/// The size of a parameter that is updated as a matrix, row-major.
package struct MatrixShape: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
}

/// An optimizer that updates some parameters as whole matrices, each by one thread, and the others
/// as every optimizer does.
package protocol MatrixOptimizer: Optimizer {
  /// The matrix that the parameter is updated as; nil if it is not.
  func matrix(of parameter: ParameterRange) -> MatrixShape?

  /// The weight decay of a parameter without rules.
  func weightDecay(of parameter: ParameterRange) -> Double?

  /// The floats of scratch memory that the update of a matrix needs.
  func scratchCount(for matrix: MatrixShape) -> Int

  /// Updates a matrix. Runs inside a pool's loop; must not allocate.
  func update(
    _ matrix: MatrixShape, parameters: MemoryView<Float>, gradients: MemoryView<Float>,
    slots: OptimizerSlots, coefficients: StepCoefficients, scratch: MemoryView<Float>)
}

/// An optimizer that looks for what is not finite while it updates, which needs no pass over the
/// results.
protocol ExaminingOptimizer: Optimizer {
  /// The update; returns whether all parameters and slots are finite after it.
  func examinedUpdate(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) -> Bool
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

extension ArgumentError {
  /// Throws unless `holds`. `place` is the type and the property, such as `Adam.beta1`.
  static func check(
    _ holds: Bool, _ place: String, _ expected: String, found: some CustomStringConvertible
  ) throws(ArgumentError) {
    guard !holds else { return }
    throw ArgumentError(place: place, expected: expected, found: "\(found)")
  }

  /// Throws unless a rate is finite and at least 0.
  static func checkRate(_ rate: Double, _ place: String) throws(ArgumentError) {
    try check(rate.isFinite && rate >= 0, place, "a finite number, at least 0", found: rate)
  }

  static func checkPositive(_ value: Double, _ place: String) throws(ArgumentError) {
    try check(value.isFinite && value > 0, place, "a finite number, positive", found: value)
  }

  static func checkSteps(_ steps: Int, _ place: String) throws(ArgumentError) {
    try check(steps > 0, place, "a positive number", found: steps)
  }

  /// Throws unless 0 ≤ decay < 1.
  static func checkDecay(_ decay: Double, _ place: String) throws(ArgumentError) {
    try check(decay >= 0 && decay < 1, place, "at least 0 and less than 1", found: decay)
  }

  /// Throws unless ε is still positive as a float with denormals flushed.
  static func checkEpsilon(_ epsilon: Double, _ place: String) throws(ArgumentError) {
    let smallest = Double(Float.leastNormalMagnitude)
    try check(
      epsilon >= smallest && epsilon.isFinite, place, "a finite number, at least \(smallest)",
      found: epsilon)
  }
}
