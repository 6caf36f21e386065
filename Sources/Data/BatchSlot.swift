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
  /// For each piece of the job as much as the data set needs.
  private let scratch: AlignedBuffer
  private let planMemory: AlignedBuffer
  /// What the job shall do: the number of samples, whether they are of an epoch of training, which, then
  /// their indices in the data set.
  private let plan: MemoryView<Int>
  /// For each piece of the job what its samples are asked for with.
  private let contexts: [SampleContext]
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
      count: (capacity + 3) * MemoryLayout<Int>.stride / MemoryLayout<Float>.stride)
    plan = planMemory.view.rebound(to: Int.self)
    let pieces = (capacity + Self.samplesPerPiece - 1) / Self.samplesPerPiece
    let scratchCount = dataset.scratchCount
    scratch = AlignedBuffer(count: pieces * scratchCount)
    contexts = (0..<pieces).map { _ in SampleContext(dataset) }
    let (inputs, targets, plan, scratch) = (inputs.view, targets.view, plan, scratch.view)
    let contexts = contexts
    job = BackgroundJob(pool: pool, count: pieces) { piece in
      let first = piece * Self.samplesPerPiece
      let end = min(first + Self.samplesPerPiece, plan[0])
      guard first < end else { return }
      let scratch = scratch[piece * scratchCount..<(piece + 1) * scratchCount]
      contexts[piece].run {
        for row in first..<end {
          let sample = plan[row + 3]
          let input = inputs[row * inputSize..<(row + 1) * inputSize]
          let target = targets[row * targetSize..<(row + 1) * targetSize]
          if plan[1] != 0 {
            dataset.copySample(
              at: sample, epoch: plan[2], input: input, target: target, scratch: scratch)
          } else {
            dataset.copyInput(at: sample, into: input)
            dataset.copyTarget(at: sample, into: target)
          }
        }
      }
    }
  }

  // The job's pieces use memory that goes now.
  deinit { finish() }

  /// Starts to fill the slot with the samples at `indices` of the epoch, whose order is `order`, or the
  /// natural one, and whose number is `epoch` if it is one of training.
  func start(indices: Range<Int>, order: [Int]?, epoch: Int?) {
    self.indices = indices
    plan[0] = indices.count
    plan[1] = epoch == nil ? 0 : 1
    plan[2] = epoch ?? 0
    for (row, index) in indices.enumerated() { plan[row + 3] = order?[index] ?? index }
    isUnderWay = true
    job.start()
  }

  /// Waits until the slot is filled, helping.
  func finish() {
    guard isUnderWay else { return }
    isUnderWay = false
    job.wait()
  }

  /// What was wrong with the samples that it was filled with, if anything: of several, what was wrong with the first.
  func takeFault() -> ArgumentError? {
    var first: ArgumentError?
    for context in contexts {
      let fault = context.takeFault()
      first = first ?? fault
    }
    return first
  }

  /// The samples that are in the slot.
  var batch: Batch {
    Batch(
      inputs: inputs.view[0..<indices.count * inputSize],
      targets: targets.view[0..<indices.count * targetSize], indices: indices)
  }
}
