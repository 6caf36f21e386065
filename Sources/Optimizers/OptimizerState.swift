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

  /// The rule and its wrappers, unwrapped once: a cast to another existential type allocates.
  private let unwrapped: UnwrappedOptimizer
  private let layerwise: (any LayerwiseOptimizer)?
  private let matrixwise: (any MatrixOptimizer)?
  private let examining: (any ExaminingOptimizer)?
  private let loop: UpdateLoop
  private let norms: @Sendable (Int, Int) -> Void
  private let preparation: @Sendable (Int, Int) -> Void
  private let update: @Sendable (Int, Int) -> Void
  private let examination: @Sendable (Int, Int) -> Void
  /// The scalars before the step, from which every group starts.
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
    let initialValues = optimizer.initialSlotValues
    require(initialValues.count == slotNames.count, "an initial value for each slot")
    slots = initialValues.map { value in
      let slot = AlignedBuffer(count: count)
      if value != 0 { slot.view.fill(value) }
      return slot
    }
    scalars = optimizer.initialScalars
    groupScalars = scalars
    unwrapped = optimizer.unwrapped
    layerwise = unwrapped.rule as? any LayerwiseOptimizer
    matrixwise = unwrapped.rule as? any MatrixOptimizer
    examining = unwrapped.rule as? any ExaminingOptimizer
    let looksAtParameters = layerwise != nil || optimizer.clipping?.needsNorms == true
    let loop = UpdateLoop(
      ParameterGroups(
        parameters, optimizer: unwrapped.rule, looksAtParameters: looksAtParameters),
      parameterCount: parameters.count, floatCount: count)
    self.loop = loop
    // Made once: closures passed to the pool are allocated.
    norms = { piece, _ in loop.sumGradients(piece: piece) }
    preparation = { piece, _ in loop.prepare(piece: piece) }
    update = { piece, worker in loop.update(piece: piece, worker: worker) }
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
    pool.run(count: loop.examinedPieceCount, examination)
    loop.examined = nil
    return loop.isClear(pieces: loop.examinedPieceCount)
  }

  /// Takes one step, and returns its learning rate: `learningRate`, or the optimizer's at this step
  /// if that is nil. Rules multiply it.
  ///
  /// A step is, in this order:
  ///
  /// 1. The coefficients of each group of parameters with equal hyperparameters.
  /// 2. The gradients: the mean of accumulated ones, then ``Optimizer/clipping``.
  /// 3. The decay by ``Optimizer/weightDecay``: w ← w − w·d·λ.
  /// 4. The optimizer's update.
  /// 5. The slow weights of ``Lookahead``, and the average of ``ExponentialMovingAverage``.
  ///
  /// A thread does 2 to 5 for a piece of the buffer at a time. Sums over whole parameters have a
  /// pass of their own: for clipping by norm, before the clipping; for a ``LayerwiseOptimizer``,
  /// before the update. Between the updates of ``GradientAccumulation``, a step only adds the
  /// gradients to their sum, and the weights to the average.
  ///
  /// Sets ``isFinite``. Clipping and accumulation change the gradients. The result has the same
  /// bits for any number of threads.
  ///
  /// Hyperparameters other than the learning rate are those of the optimizer that the state was
  /// made for.
  ///
  /// - Precondition: There are ``parameterCount`` values and gradients.
  @discardableResult
  public func apply(
    _ optimizer: any Optimizer, parameters values: MemoryView<Float>,
    gradients: MemoryView<Float>, learningRate: Double? = nil, pool: ThreadPool = .shared
  ) -> Double {
    require(
      values.count == parameterCount && gradients.count == parameterCount,
      "\(values.count) values and \(gradients.count) gradients for \(parameterCount) parameters")
    let rate = learningRate ?? optimizer.learningRate.rate(at: step)
    let rule = unwrapped.rule
    let wrapping = unwrapped.wrapping(step: step, slots: slots)
    var clippedValue: Float?
    if case .value(let bound) = rule.clipping { clippedValue = Float(bound) }
    loop.work = UpdateLoop.Work(
      optimizer: rule, layerwise: layerwise, matrixwise: matrixwise,
      examining: wrapping.lookahead == nil ? examining : nil, parameters: values,
      gradients: gradients,
      slots: OptimizerSlots(slots, count: unwrapped.ruleSlots), wrapping: wrapping,
      clippedValue: clippedValue, isGathered: wrapping.accumulation == nil)
    if wrapping.isUpdate {
      setCoefficients(rule, step: step / unwrapped.accumulatedSteps, rate: rate)
      loop.prepareScratch(workers: pool.threadCount)
      if let clipping = rule.clipping, clipping.needsNorms {
        pool.run(count: loop.pieceCount, norms)
        loop.setGradientFactors(clipping)
      }
      if layerwise != nil {
        pool.run(count: loop.pieceCount, preparation)
        loop.setParameterCoefficients(parameters)
      }
    }
    pool.run(count: loop.pieceCount, update)
    loop.work = nil
    isFinite = loop.isClear(pieces: loop.pieceCount)
    step += 1
    return rate
  }

  /// Computes the coefficients of each group; every group starts from the same scalars.
  private func setCoefficients(_ optimizer: any Optimizer, step: Int, rate: Double) {
    for i in scalars.indices { groupScalars[i] = scalars[i] }
    for (index, group) in loop.groups.groups.enumerated() {
      for i in scalars.indices { scalars[i] = groupScalars[i] }
      let rate = rate * group.learningRateMultiplier
      loop.groupSteps[index] = UpdateLoop.GroupStep(
        coefficients: optimizer.coefficients(step: step, learningRate: rate, scalars: &scalars),
        learningRate: rate)
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
