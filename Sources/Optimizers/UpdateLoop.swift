internal import PinionTensor

/// One step over all parameters, piece by piece; shared by the threads of a pool.
final class UpdateLoop: Sendable {
  struct Work {
    let optimizer: any Optimizer
    let parameters: MemoryView<Float>
    let gradients: MemoryView<Float>
    let slots: OptimizerSlots
  }

  let groups: ParameterGroups

  // Written by the caller between the pool's loops, and only read in them.
  nonisolated(unsafe) var work: Work?
  /// The coefficients of each group.
  nonisolated(unsafe) var coefficients: [StepCoefficients]
  /// What ``examine(piece:)`` compares with a bound.
  nonisolated(unsafe) var examined: (values: MemoryView<Float>, bound: Float)?

  /// One float a piece: 1 if a number in it was not below the bound, or not finite after the
  /// update. Each is written by the thread that runs the piece.
  private let flags: AlignedBuffer

  init(_ groups: ParameterGroups) {
    self.groups = groups
    coefficients = groups.learningRateMultipliers.map { _ in StepCoefficients(0) }
    flags = AlignedBuffer(count: groups.pieces.count)
  }

  var pieceCount: Int { groups.pieces.count }

  /// Whether the last loop set no flag.
  var isClear: Bool {
    let flags = flags.view
    return flags.indices.allSatisfy { flags.base[$0] == 0 }
  }

  func update(piece: Int) {
    guard let work else { fatalError("an update loop without work") }
    var areFinite = true
    for index in groups.pieces[piece] {
      let segment = groups.segments[index]
      let (parameters, slots) = (work.parameters[segment.range], work.slots[segment.range])
      work.optimizer.update(
        parameters: parameters, gradients: work.gradients[segment.range], slots: slots,
        coefficients: coefficients[segment.group])
      // While the segment is in cache.
      if !(parameters.areFinite && slots.areFinite) { areFinite = false }
    }
    flags.view[piece] = areFinite ? 0 : 1
  }

  func examine(piece: Int) {
    guard let examined else { fatalError("an examination without values") }
    let start = piece * OptimizerState.pieceSize
    let end = min(start + OptimizerState.pieceSize, examined.values.count)
    flags.view[piece] = Self.areBelow(examined.bound, examined.values[start..<end]) ? 0 : 1
  }

  /// Whether every magnitude is below a positive bound; NaN is not.
  private static func areBelow(_ bound: Float, _ values: MemoryView<Float>) -> Bool {
    // Magnitudes compare as their bit patterns; one at or above the bound carries into the sign
    // bit.
    let distance = 0x8000_0000 - bound.bitPattern
    let bits = values.rebound(to: UInt32.self)
    var carries: UInt32 = 0
    for index in 0..<bits.count { carries |= (bits.base[index] & 0x7FFF_FFFF) &+ distance }
    return carries >> 31 == 0
  }
}
