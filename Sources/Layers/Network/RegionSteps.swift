/// The operations of a region with all that a call of them needs. A class, as its steps are, so
/// that calls do not copy arrays.
final class RegionSteps {
  /// An operation and its contexts.
  final class Step {
    let operation: Operation
    /// One for each thread.
    let contexts: [LayerContext]
    /// The reservations whose location depends on the samples.
    let kept: [(slot: Int, storage: StorageID)]
    /// The reservations of lane sums, with the bytes of each lane.
    let laneSums: [(slot: Int, bytes: Int)]

    init(_ operation: Operation, contexts: [LayerContext], storages: [Storage]) {
      self.operation = operation
      self.contexts = contexts
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

  init(_ region: Region, steps: [Step]) {
    division = region.division
    tile = region.tile
    self.steps = steps
  }
}
