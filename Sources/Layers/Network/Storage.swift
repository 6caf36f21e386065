internal import PinionTensor

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

  /// What of a storage tells where it is. Without the array of its uses, whose references would be
  /// counted at each access.
  struct Location {
    let home: Home
    let offset, sharedBytes, bytesPerSample: Int

    init(_ storage: Storage) {
      home = storage.home
      offset = storage.offset
      sharedBytes = storage.sharedBytes
      bytesPerSample = storage.bytesPerSample
    }
  }
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

extension PlanBuilder {
  /// Sets the tile size of each region and the location of each storage.
  mutating func layOutMemory() {
    noteUses()
    for region in regions.indices { chooseTile(region) }
    var arena = Arena()
    let end = regions.count
    // In descending order of size, which leaves the fewest gaps.
    for id in storageIDs.sorted(by: { size($0) > size($1) }) {
      let storage = storages[id]
      guard storage.home == .arena, let first = storage.uses.first else { continue }
      if isLocal(storage) {
        storages[id].home = .tile
        continue
      }
      let last = storage.isPinned ? end : storage.uses[storage.uses.count - 1].region
      storages[id].offset = arena.place(
        bytes: storage.bytes(samples: request.batch),
        life: (storage.startsEarly ? 0 : first.region)...last)
    }
    arenaBytes = arena.size
    var locals = Array(repeating: [StorageID](), count: regions.count)
    for id in storageIDs where storages[id].home == .tile {
      locals[storages[id].uses[0].region].append(id)
    }
    for region in regions.indices { layOutTile(region, locals[region]) }
  }

  private var storageIDs: [StorageID] { storages.indices.map { StorageID(index: $0) } }

  private func size(_ id: StorageID) -> Int { storages[id].bytes(samples: request.batch) }

  private mutating func noteUses() {
    for (index, region) in regions.enumerated() {
      for (position, operation) in region.operations.enumerated() {
        for id in operation.touched {
          storages[id].uses.append((region: index, position: position))
        }
      }
    }
  }

  /// Whether memory is used within one region over samples only, so that one tile of it suffices.
  private func isLocal(_ storage: Storage) -> Bool {
    if storage.isCarried { return true }
    guard storage.bytesPerSample > 0, !storage.isPinned else { return false }
    let region = storage.uses[0].region
    guard case .samples = regions[region].division else { return false }
    return storage.uses.allSatisfy { $0.region == region }
  }

  /// The largest tile with which every operation fits the cache, but at least the operations'
  /// minimum and what they prefer.
  private mutating func chooseTile(_ index: Int) {
    guard case .samples(let lanes) = regions[index].division else { return }
    let bytes = regions[index].operations.filter(\.determinesTiles).map { operation in
      operation.touched.reduce(0) { $0 + storages[$1].bytesPerSample }
    }
    let fitting = BatchPartition.tileBytes / max(1, bytes.max() ?? 1)
    let wanted = regions[index].operations.map { max($0.minimum, $0.preferred) }.max() ?? 1
    let lane = (request.batch + lanes - 1) / lanes
    let most = min(lane, max(1, fitting, wanted))
    let tiles = (lane + most - 1) / most
    regions[index].tile = (lane + tiles - 1) / tiles
  }

  private mutating func layOutTile(_ index: Int, _ locals: [StorageID]) {
    var arena = Arena()
    let tile = regions[index].tile
    for id in locals {
      let uses = storages[id].uses
      storages[id].offset = arena.place(
        bytes: storages[id].bytes(samples: tile),
        life: storages[id].isCarried
          ? 0...regions[index].operations.count
          : uses[0].position...uses[uses.count - 1].position)
    }
    regions[index].tileBytes = arena.size
  }
}
