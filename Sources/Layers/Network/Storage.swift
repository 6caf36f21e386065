/// The index of a storage in its plan.
struct StorageID: Hashable, Sendable {
  let index: Int
}

extension Array {
  subscript(id: StorageID) -> Element {
    get { self[id.index] }
    set { self[id.index] = newValue }
  }
}

/// A block of a plan's memory: its size, its uses, and its location.
struct Storage: Sendable {
  enum Home: Sendable, Equatable {
    /// Memory of the caller.
    case input(Int), target(Int), sampleWeights
    /// Computed from parameters by ``LayerProgram/prepare(_:)``.
    case prepared
    /// Of the workspace, for the whole batch.
    case arena
    /// Of a thread, for one tile of samples in a region.
    case tile
    /// Of a thread, for one call.
    case scratch
  }

  /// Bytes for each sample; 0 for memory that all samples share.
  let bytesPerSample: Int
  /// Bytes that all samples share.
  let sharedBytes: Int
  /// The number of lanes that have a part of the shared bytes each; 0 for memory without lanes.
  let laneCount: Int
  var home = Home.arena
  /// The offset in bytes from the start of the home.
  var offset = 0
  /// Whether it is read after the run and must not be reused.
  var isPinned = false
  /// Whether it is in use from the start of a run.
  var startsEarly = false
  /// Whether a thread keeps its contents for all tiles of a lane.
  var isCarried = false
  /// The operations that use it, as indices of the region and of the operation in it.
  var uses: [(region: Int, position: Int)] = []

  init(
    bytesPerSample: Int = 0, sharedBytes: Int = 0, laneCount: Int = 0, home: Home = .arena
  ) {
    self.bytesPerSample = bytesPerSample
    self.sharedBytes = sharedBytes
    self.laneCount = laneCount
    self.home = home
  }

  func bytes(samples: Int) -> Int { bytesPerSample * samples + sharedBytes }
}

/// A first-fit allocator of offsets: blocks with overlapping lifetimes do not overlap in memory.
struct Arena {
  private struct Block {
    let offset, end: Int
    let life: ClosedRange<Int>
  }

  /// The alignment of offsets in bytes: a cache line.
  static let alignment = 64

  private var blocks: [Block] = []
  /// The total size in bytes.
  private(set) var size = 0

  /// Rounds up to the alignment.
  static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

  /// The offset of a new block that is in use during `life`.
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
