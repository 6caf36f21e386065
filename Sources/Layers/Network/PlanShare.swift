internal import PinionTensor

/// The part of a plan that one of several ranks runs, and what the ranks exchange.
///
/// Each rank runs its own lanes of the regions over samples; the plan stays that of the whole
/// batch, so that every operation has the shapes of a single process. Before a phase of pieces,
/// which reads the whole batch, the ranks exchange what it reads; then
/// * pieces of gradients of parameters are divided among the ranks, and
/// * all other pieces run on every rank, on equal values.
///
/// After the last region the flat gradients are summed over the ranks: sums over a rank's lanes
/// along the ``LaneTree``; elements that one rank has computed, to which the others add −0;
/// elements that all have computed, which all but the first replace by −0.
struct PlanShare {
  struct RegionShare {
    /// The memory to exchange before it.
    var gathered: [StorageID] = []
    /// The parts to run; for lanes, consecutive ones.
    var parts: [Int] = []
    /// Gradients of which other ranks compute a part.
    var cleared: [Range<Int>] = []
  }

  /// The position among the ranks.
  let index: Int
  /// The number of ranks, a power of two.
  let count: Int
  private(set) var regions: [RegionShare] = []
  /// The memory to exchange after the last region: losses, penalties, outputs and targets.
  private(set) var results: [StorageID] = []
  /// Gradients that all ranks compute.
  private(set) var replicated: [Range<Int>] = []

  private let plan: Plan
  /// The memory of which the rank has the whole batch.
  private var complete: Set<StorageID> = []

  init(_ plan: Plan, index: Int, count: Int) {
    require(count <= plan.rankLimit, "\(count) ranks for \(plan.rankLimit) lanes")
    self.plan = plan
    (self.index, self.count) = (index, count)
    for region in plan.regions {
      switch region.division {
      case .samples(let lanes): share(region, lanes: lanes)
      case .pieces: share(pieces: region)
      }
    }
    for output in plan.outputs {
      addResult(output.probabilities ?? output.value)
      if let losses = output.losses { addResult(losses) }
    }
    for id in plan.penalties { addResult(id) }
    for case let id? in plan.inputGradients { addResult(id) }
    for (index, storage) in plan.storages.enumerated() {
      switch storage.home {
      case .target, .sampleWeights: addResult(StorageID(index: index))
      default: break
      }
    }
  }

  private mutating func addResult(_ id: StorageID) {
    if !complete.contains(id), !results.contains(id) { results.append(id) }
  }

  private mutating func share(_ region: Region, lanes: Int) {
    for operation in region.operations { complete.subtract(operation.touched) }
    regions.append(
      RegionShare(parts: Array(BatchPartition.part(index, of: count, in: 0..<lanes))))
  }

  private mutating func share(pieces region: Region) {
    var share = RegionShare()
    var (first, divided) = (0, 0)
    for operation in region.operations {
      let pieces = first..<first + operation.pieces
      first = pieces.upperBound
      if operation.sumsOwnLanes {
        share.parts += pieces
        continue
      }
      for id in reads(of: operation) where complete.insert(id).inserted {
        share.gathered.append(id)
      }
      guard case .flat(let range) = operation.gradients, !operation.phase.setsInputGradients else {
        share.parts += pieces
        continue
      }
      if Self.isDivisible(operation) {
        for piece in pieces {
          if divided % count == index { share.parts.append(piece) }
          divided += 1
        }
        if operation.program.setsGradients { share.cleared.append(range) }
      } else {
        share.parts += pieces
        if !replicated.contains(range) { replicated.append(range) }
      }
    }
    regions.append(share)
  }

  /// Whether the pieces of an operation only compute gradients of parameters, no two of them the
  /// same, and no other pieces add to them.
  private static func isDivisible(_ operation: Operation) -> Bool {
    guard case .pieces(_, isDeferrable: true) = operation.phase.division else { return false }
    let phases = operation.program.backward.filter {
      if case .pieces = $0.division { !$0.setsInputGradients } else { false }
    }
    return phases.count == 1
  }

  /// The memory with a part for each sample or lane that an operation of pieces reads.
  private func reads(of operation: Operation) -> [StorageID] {
    let reads = operation.phase.reads
    var ids: [StorageID] = []
    if reads.contains(.inputs) { ids += operation.inputs }
    if reads.contains(.outputGradient), let id = operation.outputGradient { ids.append(id) }
    if reads.contains(.memory) { ids += operation.memory }
    if reads == .all {
      if let id = operation.output { ids.append(id) }
      ids += operation.inputGradients.compactMap { $0 }
    }
    return ids.filter { id in
      let storage = plan.storages[id]
      switch storage.home {
      case .prepared, .scratch, .tile: return false
      case .arena: return storage.bytesPerSample > 0 || storage.laneCount > 0
      case .input, .target, .sampleWeights: return true
      }
    }
  }
}

extension Plan {
  /// The largest number of ranks that can share the plan: the smallest number of lanes of a region.
  package var rankLimit: Int {
    regions.reduce(Int.max) { limit, region in
      if case .samples(let lanes) = region.division { min(limit, lanes) } else { limit }
    }
  }
}
