internal import PinionTensor

/// The memory of one batch, and the job that fills it.
final class BatchSlot {
  /// Samples that one piece of the job copies.
  private static let samplesPerPiece = 16

  /// The number of samples that there is room for.
  let capacity: Int
  private let inputSize: Int
  private let targetSize: Int
  private let inputs: AlignedBuffer
  private let targets: AlignedBuffer
  private let planMemory: AlignedBuffer
  /// What the job shall do: the number of samples, then their indices in the data set.
  private let plan: MemoryView<Int>
  private let job: BackgroundJob
  private var indices = 0..<0
  private var isUnderWay = false

  init(dataset: any Dataset, capacity: Int, inputSize: Int, targetSize: Int, pool: ThreadPool) {
    self.capacity = capacity
    self.inputSize = inputSize
    self.targetSize = targetSize
    inputs = AlignedBuffer(count: capacity * inputSize)
    targets = AlignedBuffer(count: capacity * targetSize)
    planMemory = AlignedBuffer(
      count: (capacity + 1) * MemoryLayout<Int>.stride / MemoryLayout<Float>.stride)
    plan = planMemory.view.rebound(to: Int.self)
    let (inputs, targets, plan) = (inputs.view, targets.view, plan)
    let pieces = (capacity + Self.samplesPerPiece - 1) / Self.samplesPerPiece
    job = BackgroundJob(pool: pool, count: pieces) { piece in
      let first = piece * Self.samplesPerPiece
      let end = min(first + Self.samplesPerPiece, plan[0])
      guard first < end else { return }
      for row in first..<end {
        let sample = plan[row + 1]
        dataset.copyInput(at: sample, into: inputs[row * inputSize..<(row + 1) * inputSize])
        dataset.copyTarget(at: sample, into: targets[row * targetSize..<(row + 1) * targetSize])
      }
    }
  }

  // The job's pieces use memory that goes now.
  deinit { finish() }

  /// Starts to fill the slot with the samples at `indices` of the epoch, whose order is `order`, or the natural one.
  func start(indices: Range<Int>, order: [Int]?) {
    self.indices = indices
    plan[0] = indices.count
    for (row, index) in indices.enumerated() { plan[row + 1] = order?[index] ?? index }
    isUnderWay = true
    job.start()
  }

  /// Waits until the slot is filled, helping.
  func finish() {
    guard isUnderWay else { return }
    isUnderWay = false
    job.wait()
  }

  /// The samples that are in the slot.
  var batch: Batch {
    Batch(
      inputs: inputs.view[0..<indices.count * inputSize],
      targets: targets.view[0..<indices.count * targetSize], indices: indices)
  }
}
