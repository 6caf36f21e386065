internal import PinionOptimizers
internal import PinionTensor

/// A copy of all that an update changes.
struct UpdateSnapshot {
  private let parameters: AlignedBuffer
  private let slots: [AlignedBuffer]
  private let scalars: [Double]
  private let step: Int

  init(_ parameters: MemoryView<Float>, _ state: OptimizerState) {
    self.parameters = AlignedBuffer(copying: parameters)
    slots = state.slots.map { AlignedBuffer(copying: $0.view) }
    scalars = state.scalars
    step = state.step
  }

  func restore(_ parameters: MemoryView<Float>, _ state: OptimizerState) {
    parameters.copy(from: self.parameters.view)
    for (slot, source) in zip(state.slots, slots) { slot.view.copy(from: source.view) }
    state.scalars = scalars
    state.step = step
  }
}
