internal import PinionTensor

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
