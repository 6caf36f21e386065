internal import PinionTensor

/// A unit of work in a region: a phase of a layer's program, a loss, or a sum of gradients.
struct Operation: Sendable {
  /// The memory for gradients of the layer's parameters.
  enum Gradients: Sendable {
    case none
    /// A range of the network's flat buffer.
    case flat(Range<Int>)
    /// A block that all calls share.
    case block(StorageID)
    /// A block with a part for each lane.
    case lanes(StorageID)
    /// Scratch memory of the thread that is not read, for a frozen layer.
    case discarded(StorageID)
  }

  let phase: LayerProgram.Phase
  let program: LayerProgram
  /// The node of the program; nil for losses and sums.
  let node: NodeID?
  var inputs: [StorageID] = []
  var output: StorageID?
  var outputGradient: StorageID?
  var inputGradients: [StorageID?] = []
  /// The storages of the program's reservations.
  var memory: [StorageID] = []
  var gradients = Gradients.none
  /// Whether it is the first phase of its pass, before which lane sums are zeroed.
  var startsPass = true
  /// The number of lanes of sums and gradients.
  var laneCount = 1
  /// The smallest number of samples at which it runs near full speed.
  var minimum = 1
  /// The number of samples at which it runs at full speed, if lanes have as many.
  var preferred = 1
  /// Whether it sums those lanes of one gradient that the rank computes.
  var sumsOwnLanes = false
  /// Whether it affects the tile size. Operations for metrics do not, because the tile size affects
  /// the bits of the gradients.
  var determinesTiles = true

  init(_ phase: LayerProgram.Phase, of program: LayerProgram, node: NodeID?) {
    self.phase = phase
    self.program = program
    self.node = node
  }

  /// The number of pieces; 1 for a phase over samples.
  var pieces: Int {
    if case .pieces(let count, _) = phase.division { count } else { 1 }
  }

  /// All storages that it reads or writes.
  var touched: Set<StorageID> {
    var storages = Set(inputs + memory + inputGradients.compactMap { $0 })
    for storage in [output, outputGradient] { if let storage { storages.insert(storage) } }
    switch gradients {
    case .none, .flat: break
    case .block(let storage), .lanes(let storage), .discarded(let storage):
      storages.insert(storage)
    }
    return storages
  }
}

/// Operations between two barriers.
struct Region: Sendable {
  enum Division: Sendable, Equatable {
    /// Each lane runs all operations, one tile of samples at a time.
    case samples(lanes: Int)
    /// Operations run piece by piece, in any order.
    case pieces
  }

  let division: Division
  var operations: [Operation] = []
  /// The number of samples in a tile.
  var tile = 1
  /// Bytes of a thread's memory for values that are used only inside the region.
  var tileBytes = 0

  init(_ division: Division) { self.division = division }

  /// The number of parts that the thread pool runs.
  var partCount: Int {
    switch division {
    case .samples(let lanes): lanes
    case .pieces: operations.reduce(0) { $0 + $1.pieces }
    }
  }
}
