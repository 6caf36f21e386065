public import PinionTensor

/// The state of an optimizer between steps, and the step itself.
///
/// ```swift
/// let state = OptimizerState(for: optimizer, parameters: ranges)
/// state.apply(optimizer, parameters: values, gradients: gradients, pool: .shared)
/// ```
/// ``step``, ``scalars`` and the contents of ``slots`` are the whole state to save and restore.
public final class OptimizerState {
  /// Floats that a thread updates at a time: parameters, gradients and slots of a piece fit the L2
  /// cache together.
  package static let pieceSize = 16_384

  /// The parameters in the order of the flat buffer.
  public let parameters: [ParameterRange]
  /// The names of the slots.
  public let slotNames: [String]
  /// The slots in the order of their names, each as long as all parameters together.
  public let slots: [AlignedBuffer]
  /// The number of finished steps.
  public var step = 0
  /// The numbers that the optimizer carries from step to step.
  public var scalars: [Double]

  /// Whether all parameters and slots were finite after the last step.
  public private(set) var isFinite = true

  private let loop: UpdateLoop
  private let update: @Sendable (Int, Int) -> Void
  private let examination: @Sendable (Int, Int) -> Void
  /// The scalars for the groups behind the first.
  private var groupScalars: [Double]

  /// The state before the first step.
  ///
  /// - Parameters:
  ///   - optimizer: The update rule; its ``Optimizer/parameterRules`` are resolved here.
  ///   - parameters: The parameters of the flat buffer, one after the other, without gaps.
  public init(for optimizer: any Optimizer, parameters: [ParameterRange]) {
    self.parameters = parameters
    let count = parameters.last?.range.upperBound ?? 0
    slotNames = optimizer.slotNames
    slots = slotNames.map { _ in AlignedBuffer(count: count) }
    scalars = optimizer.initialScalars
    groupScalars = scalars
    let loop = UpdateLoop(ParameterGroups(parameters, rules: optimizer.parameterRules))
    self.loop = loop
    // Made once: closures passed to the pool are allocated.
    update = { piece, _ in loop.update(piece: piece) }
    examination = { piece, _ in loop.examine(piece: piece) }
  }

  /// The number of floats in all parameters.
  public var parameterCount: Int { parameters.last?.range.upperBound ?? 0 }

  /// Whether the magnitudes of all gradients are below a positive bound; NaN is not. With the bound
  /// infinity: whether all are finite.
  package func areBelow(
    _ bound: Float, _ gradients: MemoryView<Float>, pool: ThreadPool = .shared
  ) -> Bool {
    require(
      gradients.count == parameterCount,
      "\(gradients.count) gradients for \(parameterCount) parameters")
    require(bound > 0, "the bound \(bound)")
    loop.examined = (gradients, bound)
    pool.run(count: loop.pieceCount, examination)
    loop.examined = nil
    return loop.isClear
  }

  /// Takes one step, and returns its learning rate: `learningRate`, or the optimizer's at this step
  /// if that is nil. Rules multiply it.
  ///
  /// Sets ``isFinite``. The result has the same bits for any number of threads.
  ///
  /// - Precondition: There are ``parameterCount`` values and gradients, and the optimizer has the
  ///   slots and rules of the one that the state was made for.
  @discardableResult
  public func apply(
    _ optimizer: any Optimizer, parameters values: MemoryView<Float>,
    gradients: MemoryView<Float>, learningRate: Double? = nil, pool: ThreadPool = .shared
  ) -> Double {
    require(
      values.count == parameterCount && gradients.count == parameterCount,
      "\(values.count) values and \(gradients.count) gradients for \(parameterCount) parameters")
    let rate = learningRate ?? optimizer.learningRate.rate(at: step)
    setCoefficients(optimizer, rate: rate)
    loop.work = UpdateLoop.Work(
      optimizer: optimizer, parameters: values, gradients: gradients, slots: OptimizerSlots(slots))
    pool.run(count: loop.pieceCount, update)
    loop.work = nil
    isFinite = loop.isClear
    step += 1
    return rate
  }

  /// Computes the coefficients of each group; every group starts from the same scalars.
  private func setCoefficients(_ optimizer: any Optimizer, rate: Double) {
    for i in scalars.indices { groupScalars[i] = scalars[i] }
    for (group, factor) in loop.groups.learningRateMultipliers.enumerated() {
      for i in scalars.indices { scalars[i] = groupScalars[i] }
      loop.coefficients[group] = optimizer.coefficients(
        step: step, learningRate: rate * factor, scalars: &scalars)
    }
  }
}

/// A copy of everything that an update changes.
package struct UpdateSnapshot {
  private let parameters: AlignedBuffer
  private let slots: [AlignedBuffer]
  private let scalars: [Double]
  private let step: Int

  package init(_ parameters: MemoryView<Float>, _ state: OptimizerState) {
    self.parameters = AlignedBuffer(copying: parameters)
    slots = state.slots.map { AlignedBuffer(copying: $0.view) }
    scalars = state.scalars
    step = state.step
  }

  package func restore(_ parameters: MemoryView<Float>, _ state: OptimizerState) {
    parameters.copy(from: self.parameters.view)
    for (slot, source) in zip(state.slots, slots) { slot.view.copy(from: source.view) }
    state.scalars = scalars
    state.step = step
  }
}
