public import PinionTensor

/// A rule by which parameters follow their gradients: a value that holds hyperparameters, and pure
/// functions of them.
///
/// What a rule remembers between steps lies in an ``OptimizerState``: *slots*, buffers as long as
/// the parameters, all zero at first, and a few *scalars*. A step is computed in two parts:
/// ``coefficients(step:learningRate:scalars:)`` once, and
/// ``update(parameters:gradients:slots:coefficients:)`` on ranges of the parameters, which threads
/// share.
public protocol Optimizer: Configurable {
  /// How far a step goes.
  var learningRate: LearningRate { get set }

  /// The names of the slots, under which they are saved.
  var slotNames: [String] { get }

  /// The number of slots, at most ``OptimizerSlots/capacity``. Default: the number of names.
  var slotCount: Int { get }

  /// The scalars before the first step. Default: none.
  var initialScalars: [Double] { get }

  /// What is the same for all parameters in the step that follows `step` finished ones. May change
  /// the scalars.
  func coefficients(step: Int, learningRate: Double, scalars: inout [Double]) -> StepCoefficients

  /// Moves a range of parameters by their gradients, and brings the same range of the slots up to
  /// date.
  ///
  /// All views are equally long. A parameter's new value must depend on nothing but its own old
  /// value, gradient and slots, so that results are the same however the parameters are cut into
  /// ranges. Must not allocate.
  func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients)

  /// Throws ``HyperparameterError`` if a hyperparameter makes no sense. Default: looks at the
  /// learning rate alone.
  func validate() throws(HyperparameterError)
}

extension Optimizer {
  /// The number of names.
  public var slotCount: Int { slotNames.count }

  /// No scalars.
  public var initialScalars: [Double] { [] }

  /// Looks at the learning rate alone.
  public func validate() throws(HyperparameterError) { try learningRate.validate() }
}
