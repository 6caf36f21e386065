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
