/// A place among a plan's storages.
struct StorageID: Hashable, Sendable {
  let index: Int
}

extension Array {
  subscript(id: StorageID) -> Element {
    get { self[id.index] }
    set { self[id.index] = newValue }
  }
}

/// Memory that a plan needs: how much, when it is used, and where it was put.
struct Storage: Sendable {
  enum Home: Sendable, Equatable {
    /// The caller's inputs, targets and sample weights.
    case input(Int), target(Int), sampleWeights
    /// What layers prepared from their parameters.
    case prepared
    /// The workspace, for the whole batch.
    case arena
    /// The thread that carries a tile of samples through a region.
    case tile
    /// The thread, for one call.
    case scratch
  }

  /// Bytes for each sample, or, of memory that all samples share, 0.
  let bytesPerSample: Int
  /// Bytes that all samples share.
  let sharedBytes: Int
  var home = Home.arena
  /// Bytes from the start of the home.
  var offset = 0
  /// Whether someone outside the plan reads it, so that it must outlive its last use in the plan.
  var isPinned = false
  /// Whether it must be there from the start of a run.
  var startsEarly = false
  /// Whether a thread keeps it from tile to tile of a lane.
  var isCarried = false
  /// The regions and the places in them where it is used.
  var uses: [(region: Int, position: Int)] = []

  init(bytesPerSample: Int = 0, sharedBytes: Int = 0, home: Home = .arena) {
    self.bytesPerSample = bytesPerSample
    self.sharedBytes = sharedBytes
    self.home = home
  }

  func bytes(samples: Int) -> Int { bytesPerSample * samples + sharedBytes }
}

/// Lays out memory so that what is in use at the same time does not overlap, each as low as it
/// goes.
struct Arena {
  private struct Block {
    let offset, end: Int
    let life: ClosedRange<Int>
  }

  /// Offsets are multiples of this, in bytes: a cache line.
  static let alignment = 64

  private var blocks: [Block] = []
  /// The bytes in use at most.
  private(set) var size = 0

  /// Rounds up to the alignment.
  static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

  /// Finds a place for `bytes` that are in use during `life`.
  mutating func place(bytes: Int, life: ClosedRange<Int>) -> Int {
    let length = Self.aligned(bytes)
    var offset = 0
    for block in blocks where block.life.overlaps(life) {
      if offset + length <= block.offset { break }
      offset = max(offset, block.end)
    }
    let block = Block(offset: offset, end: offset + length, life: life)
    let index = blocks.firstIndex { $0.offset > offset } ?? blocks.count
    blocks.insert(block, at: index)
    size = max(size, block.end)
    return offset
  }
}
