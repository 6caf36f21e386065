public import PinionTensor

/// An update rule: a value that holds hyperparameters, and pure functions of them.
///
/// The state between steps is in an ``OptimizerState``: *slots*, buffers as long as the parameters
/// and zero before the first step, and a few *scalars*. A step has two parts:
/// ``coefficients(step:learningRate:scalars:)``, computed once, and
/// ``update(parameters:gradients:slots:coefficients:)``, which threads call on ranges of the flat
/// parameter buffer.
public protocol Optimizer: Configurable {
  var learningRate: LearningRate { get set }

  /// Hyperparameters that differ between parameters. Default: none.
  var parameterRules: [ParameterRule] { get }

  /// The names of the slots, under which they are saved; at most ``OptimizerSlots/capacity``.
  var slotNames: [String] { get }

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

  /// Throws `ArgumentError` if a hyperparameter is outside its range. Default: checks the
  /// learning rate.
  func validate() throws(ArgumentError)
}

extension Optimizer {
  public var parameterRules: [ParameterRule] { [] }

  public var initialScalars: [Double] { [] }

  public func validate() throws(ArgumentError) { try learningRate.validate() }
}

/// The numbers of one step that do not depend on the parameter, such as a bias-corrected learning
/// rate; the optimizer decides which position holds what.
///
/// Computed once a step in double precision, then rounded to floats.
@frozen
public struct StepCoefficients: Sendable, Equatable {
  /// The largest number of coefficients.
  public static var capacity: Int { 8 }

  @usableFromInline var values: SIMD8<Float>

  /// Up to ``capacity`` numbers; positions not given hold 0.
  @inlinable
  public init(
    _ first: Double, _ second: Double = 0, _ third: Double = 0, _ fourth: Double = 0,
    _ fifth: Double = 0, _ sixth: Double = 0, _ seventh: Double = 0, _ eighth: Double = 0
  ) {
    // A variadic parameter would be an array on the heap.
    values = SIMD8(
      Float(first), Float(second), Float(third), Float(fourth), Float(fifth), Float(sixth),
      Float(seventh), Float(eighth))
  }

  @inlinable
  public subscript(position: Int) -> Float { values[position] }
}

/// The slots of a range of parameters: one float a parameter and slot.
///
/// A fixed number of views instead of an array, so that making one does not allocate.
public struct OptimizerSlots: Sendable {
  /// The largest number of slots.
  public static var capacity: Int { 4 }

  private var first: MemoryView<Float>?
  private var second: MemoryView<Float>?
  private var third: MemoryView<Float>?
  private var fourth: MemoryView<Float>?

  private init() {}

  package init(_ buffers: [AlignedBuffer]) {
    require(buffers.count <= Self.capacity, "\(buffers.count) slots")
    if buffers.count > 0 { first = buffers[0].view }
    if buffers.count > 1 { second = buffers[1].view }
    if buffers.count > 2 { third = buffers[2].view }
    if buffers.count > 3 { fourth = buffers[3].view }
  }

  /// The slot at a position of ``Optimizer/slotNames``; traps if there is none.
  public subscript(position: Int) -> MemoryView<Float> {
    let view: MemoryView<Float>?
    switch position {
    case 0: view = first
    case 1: view = second
    case 2: view = third
    case 3: view = fourth
    default: view = nil
    }
    guard let view else { fatalError("no slot at position \(position)") }
    return view
  }

  package subscript(range: Range<Int>) -> OptimizerSlots {
    var part = OptimizerSlots()
    part.first = first?[range]
    part.second = second?[range]
    part.third = third?[range]
    part.fourth = fourth?[range]
    return part
  }

  var areFinite: Bool {
    (first?.areFinite ?? true) && (second?.areFinite ?? true) && (third?.areFinite ?? true)
      && (fourth?.areFinite ?? true)
  }
}

extension TypeRegistry {
  /// The optimizers and schedules of this module.
  public static let optimizerTypes: [any Configurable.Type] = [
    SGD.self, Adam.self, Nadam.self, ConstantRate.self, ExponentialDecay.self,
    InverseTimeDecay.self, CosineDecay.self, CosineDecayRestarts.self,
    PiecewiseConstantDecay.self, PolynomialDecay.self,
  ]
}
