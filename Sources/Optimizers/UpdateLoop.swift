internal import PinionTensor

/// The update of all parameters in one step, range by range; what the threads of a pool share.
final class UpdateLoop: Sendable {
  struct Work {
    let optimizer: any Optimizer
    let parameters: MemoryView<Float>
    let gradients: MemoryView<Float>
    let slots: OptimizerSlots
    let coefficients: StepCoefficients
  }

  /// Written by the caller before and after the pool's loop, and only read in it.
  nonisolated(unsafe) var work: Work?

  func run(piece: Int) {
    guard let work else { fatalError("a loop without work") }
    let start = piece * OptimizerState.rangeSize
    let range = start..<min(start + OptimizerState.rangeSize, work.parameters.count)
    work.optimizer.update(
      parameters: work.parameters[range], gradients: work.gradients[range],
      slots: work.slots[range], coefficients: work.coefficients)
  }
}
