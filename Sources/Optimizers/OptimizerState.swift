public import PinionTensor

/// What an optimizer remembers between steps, and the step itself.
///
/// ```swift
/// let state = OptimizerState(for: optimizer, parameterCount: parameters.count)
/// state.apply(optimizer, parameters: parameters, gradients: gradients, pool: .shared)
/// ```
/// ``step``, ``scalars`` and the contents of ``slots`` are all there is to save and to put back.
public final class OptimizerState {
  /// How many parameters a thread takes at a time: what of them, their gradients and slots fits the
  /// L2 cache together.
  public static let rangeSize = 16_384

  /// The number of parameters.
  public let parameterCount: Int
  /// The names of the slots.
  public let slotNames: [String]
  /// The slots, in the order of their names, each as long as the parameters.
  public let slots: [AlignedBuffer]
  /// The number of finished steps.
  public var step = 0
  /// The numbers that the optimizer carries from step to step.
  public var scalars: [Double]

  /// Whether the last step left all parameters and slots finite.
  public private(set) var isFinite = true

  private let loop: UpdateLoop
  private let body: @Sendable (Int, Int) -> Void
  private let examination: @Sendable (Int, Int) -> Void

  /// The state of an optimizer before its first step.
  public init(for optimizer: any Optimizer, parameterCount: Int) {
    self.parameterCount = parameterCount
    slotNames = optimizer.slotNames
    slots = slotNames.map { _ in AlignedBuffer(count: parameterCount) }
    scalars = optimizer.initialScalars
    let loop = UpdateLoop(pieces: Self.pieceCount(of: parameterCount))
    self.loop = loop
    // Made once, as the pool's closures live on the heap.
    body = { piece, _ in loop.run(piece: piece) }
    examination = { piece, _ in loop.examine(piece: piece) }
  }

  private static func pieceCount(of parameters: Int) -> Int {
    (parameters + rangeSize - 1) / rangeSize
  }

  /// Whether the magnitudes of all gradients are below a bound, infinity for those that are finite; to be asked before a step, which
  /// would spoil the parameters and the state.
  ///
  /// - Precondition: There are ``parameterCount`` gradients, and the bound is positive.
  public func areBelow(
    _ bound: Float, _ gradients: MemoryView<Float>, pool: ThreadPool = .shared
  ) -> Bool {
    require(
      gradients.count == parameterCount,
      "a state of \(parameterCount) parameters, given \(gradients.count) gradients")
    require(bound > 0, "the bound \(bound)")
    loop.examined = (gradients, bound)
    pool.run(count: Self.pieceCount(of: parameterCount), examination)
    loop.examined = nil
    return loop.isClear
  }

  /// Takes one step, and returns its learning rate: the optimizer's at this step, or the given one.
  ///
  /// ``isFinite`` then says whether the step overflowed.
  ///
  /// The result is the same, bit for bit, for any number of threads.
  ///
  /// - Precondition: There are ``parameterCount`` parameters and gradients, and the optimizer has
  ///   the slots of the one that the state was made for.
  @discardableResult
  public func apply(
    _ optimizer: any Optimizer, parameters: MemoryView<Float>, gradients: MemoryView<Float>,
    learningRate: Double? = nil, pool: ThreadPool = .shared
  ) -> Double {
    require(
      parameters.count == parameterCount && gradients.count == parameterCount,
      "a state of \(parameterCount) parameters, given \(parameters.count) "
        + "and \(gradients.count) gradients")
    require(optimizer.slotCount == slots.count, "the state of another optimizer")
    let rate = learningRate ?? optimizer.learningRate.rate(at: step)
    let coefficients = optimizer.coefficients(step: step, learningRate: rate, scalars: &scalars)
    loop.work = UpdateLoop.Work(
      optimizer: optimizer, parameters: parameters, gradients: gradients,
      slots: OptimizerSlots(slots), coefficients: coefficients)
    pool.run(count: Self.pieceCount(of: parameterCount), body)
    loop.work = nil
    isFinite = loop.isClear
    step += 1
    return rate
  }
}
