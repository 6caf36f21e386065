/// How a batch is cut for the threads; constants and functions of shapes, so that results are the same on any number of threads.
enum BatchCut {
  /// The most lanes: parts of the batch that go through layers side by side, each on one thread.
  static let lanes = 16
  /// Bytes of activations that a thread carries from layer to layer at a time: half of an L2 cache of 1 MiB.
  static let tileBytes = 512 * 1_024
  /// Elements of a parameter's gradient that a thread sums over the lanes at a time.
  static let reduction = 16_384

  /// The number of lanes for a batch: a power of two, so that it spreads evenly over the usual numbers of cores, with at least `minimum` images each.
  static func laneCount(batch: Int, minimum: Int) -> Int {
    let most = max(1, min(lanes, batch / max(1, minimum)))
    var count = 1
    while count * 2 <= most { count *= 2 }
    return count
  }

  /// Part `index` of `count` nearly equal parts of a range.
  static func part(_ index: Int, of count: Int, in range: Range<Int>) -> Range<Int> {
    range.lowerBound + index * range.count / count..<range.lowerBound + (index + 1) * range.count
      / count
  }
}
