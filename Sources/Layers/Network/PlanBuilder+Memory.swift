internal import PinionTensor

extension PlanBuilder {
  /// Chooses the tiles of all regions and gives all storages their places.
  mutating func layOutMemory() {
    noteUses()
    for region in regions.indices { chooseTile(region) }
    var arena = Arena()
    let end = regions.count
    for id in storages.indices.sorted(by: { size($0) > size($1) }) {
      let storage = storages[id]
      guard storage.home == .arena, let first = storage.uses.first else { continue }
      if isLocal(id) {
        storages[id].home = .tile
        continue
      }
      let last = storage.isPinned ? end : storage.uses[storage.uses.count - 1].region
      storages[id].offset = arena.place(
        bytes: storage.bytes(images: request.batch), life: first.region...last)
    }
    arenaBytes = arena.size
    var locals = Array(repeating: [Int](), count: regions.count)
    for id in storages.indices where storages[id].home == .tile {
      locals[storages[id].uses[0].region].append(id)
    }
    for region in regions.indices { layOutTile(region, locals[region]) }
  }

  private func size(_ id: Int) -> Int { storages[id].bytes(images: request.batch) }

  private mutating func noteUses() {
    for (index, region) in regions.enumerated() {
      for (position, operation) in region.operations.enumerated() {
        for id in Set(operation.touched) {
          storages[id].uses.append((region: index, position: position))
        }
      }
    }
  }

  /// Whether a value is written and read within one region over images, and so exists for one tile at a time.
  private func isLocal(_ id: Int) -> Bool {
    let storage = storages[id]
    if storage.isCarried { return true }
    guard storage.bytesPerImage > 0, !storage.isPinned else { return false }
    let region = storage.uses[0].region
    guard case .images = regions[region].cut else { return false }
    return storage.uses.allSatisfy { $0.region == region }
  }

  /// As many images as fit the cache with the largest operation, but as many as the operations want to run well.
  private mutating func chooseTile(_ index: Int) {
    guard case .images(let lanes) = regions[index].cut else { return }
    // Metrics must not change the tiles, and with them the bits of what is trained.
    let bytes = regions[index].operations.filter { $0.kind != .lastActivation }.map { operation in
      Set(operation.touched).reduce(0) { $0 + storages[$1].bytesPerImage }
    }
    let fitting = BatchCut.tileBytes / max(1, bytes.max() ?? 1)
    let wanted = regions[index].operations.map(\.minimum).max() ?? 1
    let lane = (request.batch + lanes - 1) / lanes
    let most = min(lane, max(1, fitting, wanted))
    let tiles = (lane + most - 1) / most
    regions[index].tile = (lane + tiles - 1) / tiles
  }

  private mutating func layOutTile(_ index: Int, _ locals: [Int]) {
    var arena = Arena()
    let tile = regions[index].tile
    for id in locals {
      let uses = storages[id].uses
      storages[id].offset = arena.place(
        bytes: storages[id].bytes(images: tile),
        life: storages[id].isCarried
          ? 0...regions[index].operations.count
          : uses[0].position...uses[uses.count - 1].position)
    }
    regions[index].tileBytes = arena.size
  }
}

/// A stretch of memory that a plan needs: what lies in it for each image, when it is used, and where it was put.
struct Storage: Sendable {
  /// Where the memory is.
  enum Home: Sendable {
    /// The caller's inputs.
    case inputs
    /// What layers prepared.
    case prepared
    /// The workspace, for the whole batch.
    case arena
    /// The thread that carries a tile of images through a region.
    case tile
  }

  /// Bytes an image, or, of memory that all images share, 0.
  let bytesPerImage: Int
  /// Bytes that all images share.
  let sharedBytes: Int
  var home = Home.arena
  /// Bytes from the start of the home.
  var offset = 0
  /// Whether someone outside the plan reads it, so that it must outlive its last use in the plan.
  var isPinned = false
  /// Whether a thread keeps it from tile to tile of a lane.
  var isCarried = false
  /// The regions and the places in them where it is used.
  var uses: [(region: Int, position: Int)] = []

  init(bytesPerImage: Int = 0, sharedBytes: Int = 0) {
    self.bytesPerImage = bytesPerImage
    self.sharedBytes = sharedBytes
  }

  func bytes(images: Int) -> Int { bytesPerImage * images + sharedBytes }
}

/// Lays stretches of memory out so that those in use at the same time do not overlap, the largest first, each as low as it goes.
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
