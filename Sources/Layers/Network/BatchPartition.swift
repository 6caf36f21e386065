/// How a batch is divided among threads: constants and functions of shapes, so that results are the
/// same on any number of threads.
enum BatchPartition {
  /// The most lanes (parts of the batch that go through layers side by side, each on one thread) of
  /// a batch of fewer than 2 · ``samplesPerLane`` · 16 samples; larger batches have more.
  static let usualLanes = 16
  /// Samples of a lane from which on a batch has more than the usual lanes.
  static let samplesPerLane = 32
  /// Bytes of activations that a thread carries from layer to layer at a time: half of an L2 cache
  /// of 1 MiB.
  static let tileBytes = 512 * 1_024

  /// The number of lanes of a batch with at least `minimum` samples each: a power of two, so that
  /// lanes spread evenly over the usual numbers of cores and are the leaves of a balanced
  /// ``LaneTree``.
  static func laneCount(batch: Int, minimum: Int = 1) -> Int {
    let most = max(usualLanes, batch / samplesPerLane)
    let limit = max(1, min(most, batch / max(1, minimum)))
    var count = 1
    while count * 2 <= limit { count *= 2 }
    return count
  }

  /// Part `index` of `count` nearly equal parts of a range.
  static func part(_ index: Int, of count: Int, in range: Range<Int>) -> Range<Int> {
    range.lowerBound + index * range.count / count..<range.lowerBound + (index + 1) * range.count
      / count
  }
}
