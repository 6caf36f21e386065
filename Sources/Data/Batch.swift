public import PinionTensor
internal import Synchronization

/// A batch of samples, in the layout that a network reads.
///
/// The views refer to a ``BatchLoader``'s memory and are valid until the next call of its
/// ``BatchLoader/next()``.
public struct Batch: Sendable {
  /// The default batch size of ``BatchLoader``, `fit`, `evaluate` and `predict`: 32, as Keras 3.
  public static let defaultSize = 32

  /// Each input, (count, …shape) row-major.
  public let inputs: [MemoryView<Float>]
  /// Each target, (count, …shape) row-major.
  public let targets: [MemoryView<Float>]
  /// Each target's shape for one sample.
  public let targetShapes: [Shape]
  /// The samples' weights, (count,); nil for a data set without weights.
  public let weights: MemoryView<Float>?
  /// The positions in the epoch's order that the batch was read from.
  public let indices: Range<Int>
  /// The positions among ``indices`` whose samples were skipped, ascending.
  public let skipped: [Int]

  package init(
    inputs: [MemoryView<Float>], targets: [MemoryView<Float>], targetShapes: [Shape],
    weights: MemoryView<Float>? = nil, indices: Range<Int>, skipped: [Int] = []
  ) {
    self.inputs = inputs
    self.targets = targets
    self.targetShapes = targetShapes
    self.weights = weights
    self.indices = indices
    self.skipped = skipped
  }

  /// The number of samples. 0 if all were skipped.
  public var count: Int { indices.count - skipped.count }

  /// The only or first input, (count, …inputShape) row-major.
  public var input: MemoryView<Float> { inputs[0] }

  /// The only or first target, (count, …targetShape) row-major.
  public var target: MemoryView<Float> { targets[0] }

  /// The position in the epoch's order of the sample in a row.
  public func position(ofRow row: Int) -> Int {
    require(row >= 0 && row < count, "row \(row) of a batch of \(count)")
    var position = indices.lowerBound + row
    for skipped in skipped where skipped <= position { position += 1 }
    return position
  }
}

/// The memory of one batch and the job that fills it.
final class BatchSlot {
  /// Samples that one piece of the job copies.
  private static let samplesPerPiece = 16
  /// Arguments of the job before the indices.
  private static let settings = 6

  /// A sample that could not be read, and its row in the batch.
  struct Failure: Sendable {
    let row: Int
    let error: SampleError
  }

  /// The number of samples for which there is memory.
  let capacity: Int
  /// (capacity, …shape) for each input and target.
  private let inputs, targets: [AlignedBuffer]
  private let targetShapes: [Shape]
  /// (capacity,)
  private let weights: AlignedBuffer?
  /// (pieces, scratchCount)
  private let scratch: AlignedBuffer
  private let requestMemory: AlignedBuffer
  /// The arguments of the job: the first and the end of the rows to fill, whether they are of an
  /// epoch of training, the epoch, the first and the end of the rows of the batch after this one,
  /// then for either the samples' indices in the data set, (capacity,).
  private let request: MemoryView<Int>
  private let job: BackgroundJob
  private let failures: FailureList
  private var indices = 0..<0
  private var skipped: [Int] = []
  private var isUnderWay = false
  /// The views of the latest ``batch``, kept so that batches of equal size allocate nothing.
  private var views: (count: Int, inputs: [MemoryView<Float>], targets: [MemoryView<Float>])

  init(dataset: any Dataset, capacity: Int, pool: ThreadPool) {
    self.capacity = capacity
    inputs = dataset.inputShapes.map { AlignedBuffer(count: capacity * $0.elementCount) }
    targetShapes = dataset.targetShapes
    targets = targetShapes.map { AlignedBuffer(count: capacity * $0.elementCount) }
    weights = dataset.hasWeights ? AlignedBuffer(count: capacity) : nil
    requestMemory = AlignedBuffer(
      count: (2 * capacity + Self.settings) * MemoryLayout<Int>.stride / MemoryLayout<Float>.stride)
    request = requestMemory.view.rebound(to: Int.self)
    let pieces = (capacity + Self.samplesPerPiece - 1) / Self.samplesPerPiece
    let scratchCount = dataset.scratchCount
    scratch = AlignedBuffer(count: pieces * scratchCount)
    views = (capacity, inputs.map(\.view), targets.map(\.view))
    let weights = weights?.view
    let (request, scratch) = (request, scratch.view)
    let contexts = (0..<pieces).map { _ in SampleContext(dataset) }
    // Arrays of its own for each piece: counting references to the same ones on several threads
    // took a hundredth of a step of small dense layers.
    let inputs = (0..<pieces).map { [views] _ in views.inputs.map { $0 } }
    let targets = (0..<pieces).map { [views] _ in views.targets.map { $0 } }
    let failures = FailureList()
    self.failures = failures
    job = BackgroundJob(pool: pool, count: pieces) { piece in
      // What is read from disk arrives while this batch is used.
      let rows = piece * Self.samplesPerPiece..<min((piece + 1) * Self.samplesPerPiece, capacity)
      for row in rows.clamped(to: request[4]..<request[5]) {
        dataset.prefetch(at: request[Self.settings + capacity + row])
      }
      let first = max(piece * Self.samplesPerPiece, request[0])
      let end = min((piece + 1) * Self.samplesPerPiece, request[1])
      guard first < end else { return }
      let scratch = scratch[piece * scratchCount..<(piece + 1) * scratchCount]
      let epoch = request[2] == 0 ? nil : request[3]
      contexts[piece].run {
        for row in first..<end {
          let sample = SampleView(
            inputs: .init(inputs[piece], row: row, of: capacity),
            targets: .init(targets[piece], row: row, of: capacity), weights: weights)
          let index = request[Self.settings + row]
          do throws(SampleError) {
            try Self.read(index, of: dataset, epoch: epoch, into: sample, scratch: scratch)
          } catch {
            failures.append(Failure(row: row, error: error))
          }
        }
      }
    }
  }

  // The job's pieces use the slot's memory.
  deinit { finish() }

  private static func read(
    _ index: Int, of dataset: any Dataset, epoch: Int?, into sample: SampleView,
    scratch: MemoryView<Float>
  ) throws(SampleError) {
    try dataset.reading(index) {
      if sample.hasWeight { sample.weight = 1 }
      try dataset.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
      guard sample.weight >= 0, sample.weight.isFinite else {
        throw ArgumentError(
          place: "the weight", expected: "a finite number, at least 0", found: "\(sample.weight)")
      }
    }
  }

  /// Starts to fill the slot with the samples at `indices` of `order`, or of the natural order; as
  /// they are in an epoch of training if `epoch` is given. Fills `rows` only, and prefetches the
  /// samples of `next`, rows of the batch after it.
  func start(
    indices: Range<Int>, order: [Int]?, epoch: Int?, rows: Range<Int>, next: Range<Int>
  ) {
    self.indices = indices
    skipped.removeAll()
    (request[0], request[1]) = (rows.lowerBound, rows.upperBound)
    request[2] = epoch == nil ? 0 : 1
    request[3] = epoch ?? 0
    (request[4], request[5]) = (next.lowerBound, next.upperBound)
    for (row, index) in indices.enumerated() {
      request[Self.settings + row] = order?[index] ?? index
    }
    for row in next {
      let index = indices.upperBound + row
      request[Self.settings + capacity + row] = order?[index] ?? index
    }
    isUnderWay = true
    job.start()
  }

  /// Waits until the slot is filled; the caller runs pieces of the job too.
  func finish() {
    guard isUnderWay else { return }
    isUnderWay = false
    job.wait()
  }

  /// Returns and clears the list of samples that could not be read, sorted by row.
  func takeFailures() -> [Failure] {
    let failures = failures.take()
    return failures.isEmpty ? failures : failures.sorted { $0.row < $1.row }
  }

  /// Removes the rows that failed, given in ascending order.
  func skip(_ failures: [Failure]) {
    guard let first = failures.first else { return }
    skipped = failures.map { indices.lowerBound + $0.row }
    var gaps = Set(failures.map(\.row))
    var end = first.row
    for row in first.row..<indices.count where gaps.remove(row) == nil {
      for buffer in inputs + targets + [weights].compactMap({ $0 }) {
        let size = buffer.count / capacity
        buffer.view[end * size..<(end + 1) * size].copy(
          from: buffer.view[row * size..<(row + 1) * size])
      }
      end += 1
    }
  }

  /// The samples in the slot.
  var batch: Batch {
    let count = indices.count - skipped.count
    if views.count != count {
      func rows(_ buffer: AlignedBuffer) -> MemoryView<Float> {
        buffer.view[0..<count * (buffer.count / capacity)]
      }
      views = (count, inputs.map(rows), targets.map(rows))
    }
    return Batch(
      inputs: views.inputs, targets: views.targets, targetShapes: targetShapes,
      weights: weights?.view[0..<count], indices: indices, skipped: skipped)
  }
}

/// Failures that several threads report.
private final class FailureList: Sendable {
  private let failures = Mutex<[BatchSlot.Failure]>([])

  func append(_ failure: BatchSlot.Failure) { failures.withLock { $0.append(failure) } }

  func take() -> [BatchSlot.Failure] {
    failures.withLock { failures in
      defer { failures.removeAll() }
      return failures
    }
  }
}
