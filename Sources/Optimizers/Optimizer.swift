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

  /// Throws ``ArgumentError`` if a hyperparameter makes no sense. Default: looks at the
  /// learning rate alone.
  func validate() throws(ArgumentError)
}

extension Optimizer {
  /// The number of names.
  public var slotCount: Int { slotNames.count }

  /// No scalars.
  public var initialScalars: [Double] { [] }

  /// Looks at the learning rate alone.
  public func validate() throws(ArgumentError) { try learningRate.validate() }
}

/// The numbers that are the same for all parameters in one step of an optimizer, such as a
/// corrected learning rate.
///
/// Computed once a step in double precision, then rounded; what each position holds is up to the
/// optimizer.
@frozen
public struct StepCoefficients: Sendable, Equatable {
  /// How many there may be.
  public static var capacity: Int { 8 }

  @usableFromInline var values: SIMD8<Float>

  /// Up to ``capacity`` numbers, rounded to floats; the others are 0.
  @inlinable
  public init(
    _ first: Double, _ second: Double = 0, _ third: Double = 0, _ fourth: Double = 0,
    _ fifth: Double = 0, _ sixth: Double = 0, _ seventh: Double = 0, _ eighth: Double = 0
  ) {
    // Not a variadic parameter, which is an array on the heap.
    values = SIMD8(
      Float(first), Float(second), Float(third), Float(fourth), Float(fifth), Float(sixth),
      Float(seventh), Float(eighth))
  }

  /// The number at a position.
  @inlinable
  public subscript(position: Int) -> Float { values[position] }
}

extension TypeRegistry {
  /// This module's optimizers and schedules.
  public static let optimizerTypes: [any Configurable.Type] = [
    SGD.self, Adam.self, Nadam.self, ConstantRate.self, ExponentialDecay.self,
    InverseTimeDecay.self, CosineDecay.self, CosineDecayRestarts.self,
    PiecewiseConstantDecay.self, PolynomialDecay.self,
  ]
}
