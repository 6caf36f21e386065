/// The operations of a region as one thread runs them, with all that a call of them needs. A class,
/// as its steps are, so that calls do not copy arrays.
///
/// Threads share none of these objects, since each call counts references to them: counted on two
/// cores, they took a twentieth of a step of small dense layers.
final class RegionSteps {
  /// An operation.
  final class Step {
    let operation: Operation
    let context: LayerContext
    /// The reservations whose location depends on the samples.
    let kept: [(slot: Int, storage: StorageID)]
    /// The reservations of lane sums, with the bytes of each lane.
    let laneSums: [(slot: Int, bytes: Int)]

    init(_ operation: Operation, context: LayerContext, storages: [Storage]) {
      self.operation = operation
      self.context = context
      kept = operation.memory.enumerated()
        .filter { storages[$0.element].bytesPerSample > 0 }
        .map { (slot: $0.offset, storage: $0.element) }
      laneSums = operation.program.reservations.enumerated()
        .filter { $0.element.scope == .laneSums }
        .map { (slot: $0.offset, bytes: $0.element.bytes) }
    }
  }

  let division: Region.Division
  let tile: Int
  let steps: [Step]
  /// The pieces of all steps, if they run piece by piece.
  let pieces: [(step: Step, piece: Int)]

  init(_ region: Region, steps: [Step]) {
    division = region.division
    tile = region.tile
    self.steps = steps
    pieces =
      division == .pieces
      ? steps.flatMap { step in (0..<step.operation.pieces).map { (step, $0) } } : []
  }
}
