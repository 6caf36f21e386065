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
  /// What ``examine(piece:)`` looks at, and the bound of its magnitudes; written as `work`.
  nonisolated(unsafe) var examined: (values: MemoryView<Float>, bound: Float)?

  /// For each piece, 1 if a number in it was not below the bound, or was left not finite; each is written by the thread that
  /// runs the piece.
  private let flags: AlignedBuffer

  init(pieces: Int) { flags = AlignedBuffer(count: pieces) }

  /// Whether no piece of the last loop has a flag.
  var isClear: Bool {
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
    let values = examined.values[Self.range(of: piece, in: examined.values.count)]
    flags.view[piece] = Self.areBelow(examined.bound, values) ? 0 : 1
  }

  /// Whether every magnitude is below a positive bound; NaN is below none.
  private static func areBelow(_ bound: Float, _ values: MemoryView<Float>) -> Bool {
    // Magnitudes are ordered as their bits; those from the bound on carry into the sign bit.
    let distance = 0x8000_0000 - bound.bitPattern
    let bits = values.rebound(to: UInt32.self)
    var carries: UInt32 = 0
    for index in 0..<bits.count { carries |= (bits.base[index] & 0x7FFF_FFFF) &+ distance }
    return carries >> 31 == 0
  }

  private static func range(of piece: Int, in count: Int) -> Range<Int> {
    let start = piece * OptimizerState.rangeSize
    return start..<min(start + OptimizerState.rangeSize, count)
  }
}
