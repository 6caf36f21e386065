internal import PinionTensor
internal import Synchronization

/// What is known where samples are copied but not said by a data set's protocol: from which data set they are asked for, and
/// what was wrong with them.
///
/// A data set in another one, which may be a user's own, sees its own indices alone. Mixing draws partners by indices of the
/// *outermost* data set, the one that is trained on, and asks that one for them: whatever lies between says by its own
/// ``Dataset/copySample(at:epoch:input:target:scratch:)`` which sample of the inner data set that is.
final class SampleContext: Sendable {
  private static let local = ThreadLocal<SampleContext>()

  /// What a data set with mixing wants to know of the sample that is being copied.
  struct Request: Sendable {
    /// The data set that asks.
    let owner: ObjectIdentifier
    /// Where the partner is to be written.
    let input, target: MemoryView<Float>
    /// What the owner's base may use meanwhile.
    let scratch: MemoryView<Float>
  }

  private struct State: Sendable {
    var fault: ArgumentError?
    var request: Request?
    var isAnswered = false
    /// Where samples are written that nobody wants, one for each request that waits for another.
    var memory: [AlignedBuffer] = []
    var depth = 0
  }

  /// The data set that is asked for samples.
  let dataset: any Dataset
  private let inputCount, targetCount: Int
  private let state = Mutex(State())

  init(_ dataset: any Dataset) {
    self.dataset = dataset
    inputCount = dataset.inputShape.elementCount
    targetCount = dataset.targetShape.elementCount
  }

  /// That of the calling thread, while it copies samples.
  static var current: SampleContext? { local.value }

  /// Runs `body` in this context.
  func run(_ body: () -> Void) { Self.local.withValue(self, body) }

  /// Runs `body` in the calling thread's context, or in one of `dataset` if there is none, which stops the program at a fault.
  static func run(or dataset: some Dataset, _ body: (SampleContext) -> Void) {
    if let current { return body(current) }
    let context = SampleContext(dataset)
    context.run { body(context) }
    if let fault = context.takeFault() { require(false, fault.description) }
  }

  // MARK: Faults

  /// Keeps what is wrong with a sample, for whoever asked for it; the first one counts.
  func report(_ fault: ArgumentError) {
    state.withLock { if $0.fault == nil { $0.fault = fault } }
  }

  /// What was wrong, if anything, which is then forgotten.
  func takeFault() -> ArgumentError? {
    state.withLock { state in
      defer { state.fault = nil }
      return state.fault
    }
  }

  // MARK: Partners

  /// What is asked of the data sets below, if anything.
  var request: Request? { state.withLock { $0.request } }

  /// Has the outermost data set copy a sample of an epoch, of which `request.owner` writes what it copies from its base to
  /// where the request says. Returns whether it did.
  func ask(_ request: Request, index: Int, epoch: Int) -> Bool {
    let scratchCount = dataset.scratchCount
    let (outer, memory) = state.withLock { state in
      if state.memory.count == state.depth {
        state.memory.append(AlignedBuffer(count: inputCount + targetCount + scratchCount))
      }
      state.depth += 1
      let outer = state.request
      (state.request, state.isAnswered) = (request, false)
      return (outer, state.memory[state.depth - 1])
    }
    let (view, end) = (memory.view, inputCount + targetCount)
    dataset.copySample(
      at: index, epoch: epoch, input: view[0..<inputCount], target: view[inputCount..<end],
      scratch: view[end..<end + scratchCount])
    return state.withLock { state in
      state.depth -= 1
      state.request = outer
      return state.isAnswered
    }
  }

  /// Lets `body` answer the request, during which others may be asked.
  func answer(_ body: () -> Void) {
    let request = state.withLock { state in
      defer { state.request = nil }
      return state.request
    }
    body()
    state.withLock { ($0.request, $0.isAnswered) = (request, true) }
  }
}
