internal import PinionTensor

/// One thing that runs in a region: a phase of a layer's program, or of what connects layers (loss,
/// sums of gradients).
struct Operation: Sendable {
  /// Where an operation leaves gradients of its layer's parameters.
  enum Gradients: Sendable {
    /// Nowhere.
    case none
    /// In the network's flat buffer.
    case flat(Range<Int>)
    /// In memory of its own, all calls in the same.
    case block(StorageID)
    /// In memory of its own, each lane in its part.
    case lanes(StorageID)
    /// In memory of the thread that nobody reads: of a frozen layer.
    case discarded(StorageID)
  }

  let phase: LayerProgram.Phase
  let program: LayerProgram
  /// The node of the graph whose program it belongs to; nil for what connects layers.
  let node: NodeID?
  var inputs: [StorageID] = []
  var output: StorageID?
  var outputGradient: StorageID?
  var inputGradients: [StorageID?] = []
  /// The program's reservations.
  var memory: [StorageID] = []
  var gradients = Gradients.none
  /// Whether it is the first phase of its pass, which finds sums of lanes zero.
  var startsPass = true
  /// The number of lanes in which sums and gradients are gathered.
  var laneCount = 1
  /// The samples from which it runs well.
  var minimum = 1
  /// Whether the size of tiles takes it into account. Metrics must not change tiles, and with them
  /// the bits of what is trained.
  var determinesTiles = true

  init(_ phase: LayerProgram.Phase, of program: LayerProgram, node: NodeID?) {
    self.phase = phase
    self.program = program
    self.node = node
  }

  /// The number of pieces, where the region is divided in pieces.
  var pieces: Int {
    if case .pieces(let count, _) = phase.division { count } else { 1 }
  }

  /// All memory that it touches.
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
    /// Each lane goes through all operations, a tile of samples at a time.
    case samples(lanes: Int)
    /// Operations run piece by piece, in any order.
    case pieces
  }

  let division: Division
  var operations: [Operation] = []
  /// Samples that a thread carries through the operations at a time.
  var tile = 1
  /// Bytes of memory of a thread for what lives only inside the region.
  var tileBytes = 0

  init(_ division: Division) { self.division = division }

  /// How many parts the pool gets.
  var partCount: Int {
    switch division {
    case .samples(let lanes): lanes
    case .pieces: operations.reduce(0) { $0 + $1.pieces }
    }
  }
}
