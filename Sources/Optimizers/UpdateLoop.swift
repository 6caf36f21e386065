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
  /// What ``examine(piece:)`` looks at; written as `work`.
  nonisolated(unsafe) var examined: MemoryView<Float>?

  /// For each piece, 1 if it held or was left with a number that is not finite; each is written by the thread that runs the piece.
  private let flags: AlignedBuffer

  init(pieces: Int) { flags = AlignedBuffer(count: pieces) }

  /// Whether no piece of the last loop found or left a number that is not finite.
  var isFinite: Bool {
    let flags = flags.view
    return flags.indices.allSatisfy { flags.base[$0] == 0 }
  }

  func run(piece: Int) {
    guard let work else { fatalError("a loop without work") }
    let range = Self.range(of: piece, in: work.parameters.count)
    let (parameters, slots) = (work.parameters[range], work.slots[range])
    work.optimizer.update(
      parameters: parameters, gradients: work.gradients[range], slots: slots,
      coefficients: work.coefficients)
    // While they are in cache.
    flags.view[piece] = parameters.areFinite && slots.areFinite ? 0 : 1
  }

  func examine(piece: Int) {
    guard let examined else { fatalError("a loop without numbers") }
    flags.view[piece] = examined[Self.range(of: piece, in: examined.count)].areFinite ? 0 : 1
  }

  private static func range(of piece: Int, in count: Int) -> Range<Int> {
    let start = piece * OptimizerState.rangeSize
    return start..<min(start + OptimizerState.rangeSize, count)
  }
}
