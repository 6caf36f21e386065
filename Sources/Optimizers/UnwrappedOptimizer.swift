package import PinionTensor

/// A wrapper whose effect is a part of every step, before and after the rule's update.
protocol StepWrapper: OptimizerWrapper {}

extension GradientAccumulation: StepWrapper {}
extension Lookahead: StepWrapper {}
extension ExponentialMovingAverage: StepWrapper {}

/// An update rule and the wrappers around it.
package struct UnwrappedOptimizer {
  /// The optimizer inside all ``StepWrapper``s. A wrapper of another module is a rule of its own,
  /// which calls the one inside.
  let rule: any Optimizer
  /// The number of slots of the rule; those of the wrappers follow.
  let ruleSlots: Int
  private var accumulation: (wrapper: GradientAccumulation, slot: Int)?
  private var lookahead: (wrapper: Lookahead, slot: Int)?
  fileprivate var average: (wrapper: ExponentialMovingAverage, slot: Int)?

  fileprivate init(_ optimizer: any Optimizer) {
    var wrapped = optimizer
    // From the outside in; each has one slot.
    while let wrapper = wrapped as? any StepWrapper {
      let slot = wrapper.slotNames.count - 1
      switch wrapper {
      case let wrapper as GradientAccumulation: accumulation = (wrapper, slot)
      case let wrapper as Lookahead: lookahead = (wrapper, slot)
      case let wrapper as ExponentialMovingAverage: average = (wrapper, slot)
      default: break
      }
      wrapped = wrapper.base
    }
    rule = wrapped
    ruleSlots = wrapped.slotNames.count
  }

  /// The number of batches of an update.
  package var accumulatedSteps: Int { max(1, accumulation?.wrapper.steps ?? 1) }

  /// Whether the moving average replaces the weights at the end of an epoch.
  package var usesAverageAtEpochEnd: Bool { average?.wrapper.isUsedAtEpochEnd ?? false }

  /// The effect of the wrappers in the step that follows `step` finished ones.
  func wrapping(step: Int, slots: [AlignedBuffer]) -> StepWrapping {
    var wrapping = StepWrapping()
    let (update, part) = step.quotientAndRemainder(dividingBy: accumulatedSteps)
    wrapping.isUpdate = part == accumulatedSteps - 1
    if let (_, slot) = accumulation {
      wrapping.accumulation = .init(sum: slots[slot].view, steps: Float(accumulatedSteps))
    }
    if let (wrapper, slot) = lookahead, wrapping.isUpdate {
      wrapping.lookahead = .init(
        slow: slots[slot].view, isFirst: update == 0,
        isSynchronization: (update + 1).isMultiple(of: max(1, wrapper.synchronizationPeriod)),
        slowStep: Float(wrapper.slowStep))
    }
    if let (wrapper, slot) = average {
      let overwrites = wrapper.overwriteFrequency.map { (update + 1).isMultiple(of: max(1, $0)) }
      wrapping.average = .init(
        values: slots[slot].view, momentum: update == 0 ? 0 : Float(wrapper.momentum),
        overwrites: overwrites ?? false)
    }
    return wrapping
  }
}

extension Optimizer {
  /// The rule and the wrappers.
  package var unwrapped: UnwrappedOptimizer { UnwrappedOptimizer(self) }
}

extension OptimizerState {
  /// Exchanges the parameters with their moving average, if the optimizer keeps one. Exact.
  package func swapAverage(_ optimizer: any Optimizer, parameters: MemoryView<Float>) {
    guard let (_, slot) = optimizer.unwrapped.average, step > 0 else { return }
    let (w, a) = (parameters.base, slots[slot].view.base)
    for i in 0..<parameters.count { (w[i], a[i]) = (a[i], w[i]) }
  }

  /// Sets the parameters to their moving average, if the optimizer keeps one.
  package func useAverage(_ optimizer: any Optimizer, parameters: MemoryView<Float>) {
    guard let (_, slot) = optimizer.unwrapped.average, step > 0 else { return }
    parameters.copy(from: slots[slot].view)
  }
}

/// The effect of an optimizer's wrappers in a step, on a range of the flat buffer.
struct StepWrapping {
  /// Whether the optimizer updates the parameters in this step; otherwise their gradients are only
  /// added up.
  var isUpdate = true
  var accumulation: Accumulation?
  var lookahead: Lookahead?
  var average: Average?

  struct Accumulation {
    let sum: MemoryView<Float>
    let steps: Float
  }

  struct Lookahead {
    let slow: MemoryView<Float>
    let isFirst: Bool
    let isSynchronization: Bool
    let slowStep: Float
  }

  struct Average {
    let values: MemoryView<Float>
    let momentum: Float
    let overwrites: Bool
  }

  /// s ← s + g.
  func accumulate(_ range: Range<Int>, _ gradients: MemoryView<Float>) {
    guard let accumulation else { return }
    let (s, g) = (accumulation.sum[range].base, gradients.base)
    for i in 0..<gradients.count { s[i] += g[i] }
  }

  /// g ← (g + s) / k, s ← 0.
  func gather(_ range: Range<Int>, _ gradients: MemoryView<Float>) {
    guard let accumulation else { return }
    let (s, g, k) = (accumulation.sum[range].base, gradients.base, accumulation.steps)
    for i in 0..<gradients.count {
      g[i] = (g[i] + s[i]) / k
      s[i] = 0
    }
  }

  /// The first slow weights are the weights before the decay of the first step.
  func begin(_ range: Range<Int>, _ parameters: MemoryView<Float>) {
    guard let lookahead, lookahead.isFirst else { return }
    lookahead.slow[range].copy(from: parameters)
  }

  func end(_ range: Range<Int>, _ parameters: MemoryView<Float>) {
    let (w, count) = (parameters.base, parameters.count)
    if let lookahead, lookahead.isSynchronization {
      let (slow, step) = (lookahead.slow[range].base, lookahead.slowStep)
      for i in 0..<count {
        let value = slow[i] + step * (w[i] - slow[i])
        slow[i] = value
        w[i] = value
      }
    }
    guard let average else { return }
    let (a, momentum) = (average.values[range].base, average.momentum)
    let rest = 1 - momentum
    for i in 0..<count { a[i] = momentum * a[i] + rest * w[i] }
    if average.overwrites { parameters.copy(from: average.values[range]) }
  }

  func areFinite(_ range: Range<Int>) -> Bool {
    (accumulation?.sum[range].areFinite ?? true) && (lookahead?.slow[range].areFinite ?? true)
      && (average?.values[range].areFinite ?? true)
  }
}
