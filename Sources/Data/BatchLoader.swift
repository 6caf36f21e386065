public import PinionTensor

/// Hands out a data set batch by batch, and assembles the next one while the current one is in use.
///
/// Two batches' memory is used in turn. The next batch is a background job of the pool, in pieces of a fixed number of
/// samples, so that its contents do not depend on the number of threads; what no thread has done
/// when the batch is asked for, the caller does. The last batch of an epoch may be smaller; it is not dropped (as Keras 3).
/// ```swift
/// let loader = try BatchLoader(training, batchSize: 32)
/// for epoch in 0..<epochs {
///   try loader.startEpoch(
///     order: BatchLoader.shuffledOrder(count: training.count, seed: 1, epoch: epoch), epoch: epoch)
///   while let batch = try loader.next() { … }
/// }
/// ```
/// One thread uses a loader. An epoch may be left at any batch, and a loader be dropped with a batch under way.
public final class BatchLoader {
  /// The data set.
  public let dataset: any Dataset

  /// The number of samples in every batch but the last.
  public let batchSize: Int

  private let pool: ThreadPool
  private let inputSize: Int
  private let targetSize: Int
  private var slots: [BatchSlot] = []
  private var order: [Int]?
  private var epoch: Int?
  private var sampleCount = 0
  /// The first sample of the epoch that no slot was started with.
  private var position = 0
  /// The slot being filled, if any.
  private var pending: Int?

  /// A loader, before its first epoch.
  ///
  /// - Parameters:
  ///   - dataset: The samples.
  ///   - batchSize: Samples in a batch. Default: 32, as Keras 3.
  ///   - pool: The threads that assemble batches. Default: the process's pool.
  ///
  /// Throws ``ArgumentError`` if the batch size or a size of the data set's shapes is not positive, or their product
  /// overflows.
  public init(
    _ dataset: any Dataset, batchSize: Int = 32, pool: ThreadPool = .shared
  ) throws(ArgumentError) {
    guard batchSize > 0 else {
      throw ArgumentError(place: "the batch size", expected: "at least 1", found: "\(batchSize)")
    }
    self.dataset = dataset
    self.batchSize = batchSize
    self.pool = pool
    inputSize = try ArgumentError.elementCount(of: dataset.inputShape, named: "input shape")
    targetSize = try ArgumentError.elementCount(of: dataset.targetShape, named: "target shape")
  }

  /// The number of batches in the epoch: ⌈samples / batchSize⌉; 0 before the first epoch.
  public var batchCount: Int {
    sampleCount / batchSize + (sampleCount.isMultiple(of: batchSize) ? 0 : 1)
  }

  /// Begins an epoch, also in the middle of another, and starts to assemble its first batch.
  ///
  /// - Parameters:
  ///   - order: Which samples, in which order; an index may be absent or occur more than once. Default: all,
  ///     in natural order.
  ///   - epoch: The number of the epoch, to train in it: samples are those of
  ///     ``Dataset/copySample(at:epoch:input:target:scratch:)``. Default: nil, for samples as they always are.
  ///
  /// The batches of the epoch before become invalid. Throws ``ArgumentError`` with the place of
  /// the first index outside the data set; the epoch before then goes on.
  public func startEpoch(order: [Int]? = nil, epoch: Int? = nil) throws(ArgumentError) {
    if let order {
      try ArgumentError.check(order, named: "order's index", within: dataset.count)
    }
    let samples = order?.count ?? dataset.count
    try makeRoom(for: min(batchSize, samples))
    discardPending()
    self.order = order
    self.epoch = epoch
    sampleCount = samples
    position = 0
    startNext(slot: 0)
  }

  /// The next batch of the epoch, or nil at its end; the batch before becomes invalid.
  ///
  /// Throws ``ArgumentError`` for a sample that an augmentation refuses, such as one with values outside a declared range.
  public func next() throws(ArgumentError) -> Batch? {
    guard let current = pending else { return nil }
    slots[current].finish()
    pending = nil
    startNext(slot: 1 - current)
    if let fault = slots[current].takeFault() { throw fault }
    return slots[current].batch
  }

  private func discardPending() {
    guard let slot = pending else { return }
    slots[slot].finish()
    _ = slots[slot].takeFault()
    pending = nil
  }

  private func startNext(slot: Int) {
    guard position < sampleCount else { return }
    let end = position + min(batchSize, sampleCount - position)
    slots[slot].start(indices: position..<end, order: order, epoch: epoch)
    position = end
    pending = slot
  }

  /// Sees to two slots for `samples` samples each; an epoch no larger than those before finds them there.
  private func makeRoom(for samples: Int) throws(ArgumentError) {
    guard samples > slots.first?.capacity ?? 0 else { return }
    for size in [inputSize, targetSize, max(1, dataset.scratchCount)] {
      let bytes = Shape([size, samples, MemoryLayout<Int>.stride]).checkedElementCount
      guard bytes != nil else {
        throw ArgumentError(
          place: "a batch of \(samples) samples", expected: "a countable number of bytes",
          found: "\(size) numbers in a sample")
      }
    }
    discardPending()
    slots = (0..<2).map { _ in
      BatchSlot(
        dataset: dataset, capacity: samples, inputSize: inputSize, targetSize: targetSize,
        pool: pool)
    }
  }
}

extension BatchLoader {
  /// A random order of `count` samples, another one in each epoch.
  ///
  /// It is the permutation of the ``RandomStream`` of `seed` for the purpose "shuffle" and the epoch: a function of the three
  /// arguments alone. Traps if `count` is negative.
  public static func shuffledOrder(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    RandomStream(seed: seed, purpose: "shuffle", epoch).permutation(of: count)
  }
}

/// Some samples side by side, as a network takes them.
///
/// The views show a ``BatchLoader``'s memory and are valid until its next call of ``BatchLoader/next()``.
public struct Batch: Sendable {
  /// The inputs, (count, …inputShape) row-major.
  public let inputs: MemoryView<Float>
  /// The targets, (count, …targetShape) row-major.
  public let targets: MemoryView<Float>
  /// Which samples of the epoch these are, counted in the epoch's order.
  public let indices: Range<Int>

  /// The number of samples.
  public var count: Int { indices.count }

  package init(
    inputs: MemoryView<Float>, targets: MemoryView<Float>, indices: Range<Int>
  ) {
    self.inputs = inputs
    self.targets = targets
    self.indices = indices
  }
}
