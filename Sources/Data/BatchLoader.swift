public import PinionTensor

/// Reads a data set batch by batch and assembles the next batch while the current one is in use.
///
/// Batches are double-buffered. The next batch is assembled by a background job of the pool, in
/// pieces of a fixed number of samples, so that its contents do not depend on the number of
/// threads; pieces that no thread has taken when the batch is requested run on the caller. The last
/// batch of an epoch may be smaller; it is not dropped (as Keras 3).
/// ```swift
/// let loader = try BatchLoader(training)
/// for epoch in 0..<epochs {
///   try loader.startEpoch(
///     order: BatchLoader.shuffledOrder(count: training.count, seed: 1, epoch: epoch), epoch:
///     epoch)
///   while let batch = try loader.next() { … }
/// }
/// ```
/// One thread uses a loader. An epoch may be abandoned at any batch.
public final class BatchLoader {
  public let dataset: any Dataset

  /// The number of samples in every batch but the last, and but those with skipped samples.
  public let batchSize: Int

  /// The reaction to a sample that cannot be read.
  public let readFailurePolicy: ReadFailurePolicy

  /// The samples skipped since the loader was made, each once, in the order of their batches.
  public private(set) var skippedSamples: [SampleError] = []

  /// The rows of a batch of a size that this rank needs; the memory of the others is undefined. All
  /// rows are read if samples may be skipped, which moves those after them.
  package var ownRows: ((_ batch: Int) -> Range<Int>)?

  private var skippedIndices: Set<Int> = []
  private let pool: ThreadPool
  private var slots: [BatchSlot] = []
  private var order: [Int]?
  private var epoch: Int?
  private var sampleCount = 0
  /// Whether samples of the epoch were handed out.
  private var hasRead = false
  /// The first sample of the epoch that no slot was started with.
  private var position = 0
  /// The slot being filled, if any.
  private var pending: Int?

  /// A loader, before its first epoch.
  ///
  /// - Parameters:
  ///   - dataset: The samples.
  ///   - batchSize: Samples in a batch. Default: ``Batch/defaultSize``.
  ///   - onReadFailure: The reaction to a sample that cannot be read. Default: ``next()`` throws.
  ///   - pool: The threads that assemble batches. Default: the process's pool.
  ///
  /// Throws `ArgumentError` if the batch size or a size in a shape is not positive, the data set
  /// has no input or no target, the number of a sample's elements overflows, or a limit of skipped
  /// samples is negative.
  public init(
    _ dataset: any Dataset, batchSize: Int = Batch.defaultSize,
    onReadFailure: ReadFailurePolicy = .stop, pool: ThreadPool = .shared
  ) throws(ArgumentError) {
    guard batchSize > 0 else {
      throw ArgumentError(place: "the batch size", expected: "at least 1", found: "\(batchSize)")
    }
    if case .skip(let limit) = onReadFailure, limit < 0 {
      throw ArgumentError(
        place: "the limit of skipped samples", expected: "at least 0", found: "\(limit)")
    }
    self.dataset = dataset
    self.batchSize = batchSize
    self.pool = pool
    readFailurePolicy = onReadFailure
    for (shapes, name) in [(dataset.inputShapes, "input"), (dataset.targetShapes, "target")] {
      guard !shapes.isEmpty else {
        throw ArgumentError(place: "the \(name) shapes", expected: "at least one", found: "none")
      }
      for (number, shape) in shapes.enumerated() {
        _ = try ArgumentError.elementCount(
          of: shape, named: shapes.count == 1 ? "\(name) shape" : "shape of \(name) \(number)")
      }
    }
  }

  /// The number of batches in the epoch, ⌈samples / batchSize⌉; 0 before the first epoch.
  public var batchCount: Int {
    sampleCount / batchSize + (sampleCount.isMultiple(of: batchSize) ? 0 : 1)
  }

  /// Begins an epoch, also in the middle of another, and starts to assemble its first batch.
  ///
  /// - Parameters:
  ///   - order: Indices of samples in the order in which they are read; an index may be absent or
  ///     occur more than once. Default: all, in natural order.
  ///   - epoch: The epoch of training, passed to ``Dataset/copySample(at:epoch:into:scratch:)``.
  ///     Default: nil, for samples without random changes.
  ///
  /// The batches of the previous epoch become invalid. Throws `ArgumentError` with the place of the
  /// first index outside the data set; the previous epoch then continues.
  public func startEpoch(order: [Int]? = nil, epoch: Int? = nil) throws(ArgumentError) {
    try startEpoch(order: order, epoch: epoch, isContinued: false)
  }

  /// Begins an epoch, or continues one of which samples were read before.
  ///
  /// - Parameter isContinued: Whether all samples that are left may be skipped.
  package func startEpoch(
    order: [Int]?, epoch: Int?, isContinued: Bool
  ) throws(ArgumentError) {
    if let order {
      try ArgumentError.check(order, named: "order's index", within: dataset.count)
    }
    let samples = order?.count ?? dataset.count
    try makeRoom(for: min(batchSize, samples))
    discardPending()
    self.order = order
    self.epoch = epoch
    sampleCount = samples
    hasRead = isContinued
    position = 0
    startNext(slot: 0)
  }

  /// The next batch of the epoch, or nil at its end; the previous batch becomes invalid.
  ///
  /// A batch whose samples were all skipped is empty. Throws ``SampleError`` for the first sample
  /// of the batch that cannot be read and may not be skipped; the next call then continues with the
  /// batch after it.
  public func next() throws(SampleError) -> Batch? {
    guard let current = pending else { return nil }
    let slot = slots[current]
    slot.finish()
    pending = nil
    startNext(slot: 1 - current)
    let failures = slot.takeFailures()
    if !failures.isEmpty {
      for failure in failures { try recordSkip(failure.error) }
      slot.skip(failures)
    }
    let batch = slot.batch
    hasRead = hasRead || batch.count > 0
    if pending == nil, !hasRead, let failure = failures.first { throw failure.error }
    return batch
  }

  /// Counts samples that were skipped before the loader was made towards the limit.
  package func countSkipped(_ indices: [Int]) { skippedIndices.formUnion(indices) }

  /// Throws unless the policy lets a sample be skipped.
  private func recordSkip(_ error: SampleError) throws(SampleError) {
    guard case .skip(let limit) = readFailurePolicy else { throw error }
    guard !skippedIndices.contains(error.index) else { return }
    guard skippedIndices.count < limit else {
      var error = error
      error.exhaustedLimit = limit
      throw error
    }
    skippedIndices.insert(error.index)
    skippedSamples.append(error)
  }

  private func discardPending() {
    guard let slot = pending else { return }
    slots[slot].finish()
    _ = slots[slot].takeFailures()
    pending = nil
  }

  private func startNext(slot: Int) {
    guard position < sampleCount else { return }
    let end = position + min(batchSize, sampleCount - position)
    slots[slot].start(
      indices: position..<end, order: order, epoch: epoch, rows: rows(from: position),
      next: rows(from: end))
    position = end
    pending = slot
  }

  /// The rows to read of the batch that starts at a position of the epoch.
  private func rows(from position: Int) -> Range<Int> {
    let count = min(batchSize, sampleCount - position)
    guard count > 0, let ownRows, readFailurePolicy == .stop else { return 0..<count }
    return ownRows(count)
  }

  /// Allocates two slots for `samples` samples each, unless the existing ones are large enough.
  private func makeRoom(for samples: Int) throws(ArgumentError) {
    guard samples > slots.first?.capacity ?? 0 else { return }
    let sizes = (dataset.inputShapes + dataset.targetShapes).map(\.elementCount)
    for size in sizes + [max(1, dataset.scratchCount)] {
      let bytes = Shape([size, samples, MemoryLayout<Int>.stride]).checkedElementCount
      guard bytes != nil else {
        throw ArgumentError(
          place: "a batch of \(samples) samples", expected: "a countable number of bytes",
          found: "\(size) numbers in a sample")
      }
    }
    discardPending()
    slots = (0..<2).map { _ in BatchSlot(dataset: dataset, capacity: samples, pool: pool) }
  }
}

extension BatchLoader {
  /// A random order of `count` samples, a different one in each epoch.
  ///
  /// The permutation of the `RandomStream` of `seed` for the purpose "shuffle" and the epoch: a
  /// function of the three arguments alone. Traps if `count` is negative.
  public static func shuffledOrder(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    RandomStream(seed: seed, purpose: "shuffle", epoch).permutation(of: count)
  }
}
