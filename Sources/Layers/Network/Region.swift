/// Operations between two barriers.
struct Region: Sendable {
  enum Cut: Sendable, Equatable {
    /// Each lane goes through all operations, a tile of images at a time.
    case images(lanes: Int)
    /// Operations run piece by piece, in any order.
    case pieces
  }

  let cut: Cut
  var operations: [Operation] = []
  /// Images that a thread carries through the operations at a time.
  var tile = 1
  /// Bytes of memory of a thread for what lives only inside the region.
  var tileBytes = 0

  init(_ cut: Cut) { self.cut = cut }

  /// How many parts the pool gets.
  var partCount: Int {
    switch cut {
    case .images(let lanes): lanes
    case .pieces: operations.reduce(0) { $0 + $1.pieces }
    }
  }
}
