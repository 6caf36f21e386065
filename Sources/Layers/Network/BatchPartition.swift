/// The partition of a batch. It depends only on constants and shapes, so that results do not depend
/// on the number of threads.
enum BatchPartition {
  /// The largest number of lanes (parts of the batch that run concurrently) of a batch of fewer
  /// than 2 · ``samplesPerLane`` · 16 samples; larger batches have more.
  static let usualLanes = 16
  /// The smallest number of samples of a lane in batches with more than ``usualLanes`` lanes.
  static let samplesPerLane = 32
  /// The largest size in bytes of the activations of a tile: half of an L2 cache of 1 MiB.
  static let tileBytes = 512 * 1_024

  /// The number of lanes of a batch, with at least `minimum` samples each: a power of two, for the
  /// balanced ``LaneTree`` and usual numbers of cores.
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
