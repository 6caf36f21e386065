internal import PinionTensor
internal import Synchronization

/// The context in which samples are copied: the data set that is trained on, passed to nested data
/// sets without an argument of ``Dataset/copySample(at:epoch:into:scratch:)``.
///
/// A data set inside another one, which may be a user's own, is given its own indices alone. A
/// mixing step draws its partner by an index of the *outermost* data set, the one that is trained
/// on, and has that one copy the partner: the data sets in between translate the index by their own
/// `copySample`.
final class SampleContext: Sendable {
  private static let local = ThreadLocal<SampleContext>()

  /// A request of a data set that mixes samples.
  struct Request: Sendable {
    /// The data set that requests the sample.
    let owner: ObjectIdentifier
    /// The memory to which the owner's base writes the partner.
    let partner: SampleView
    /// The scratch memory of the owner's base.
    let scratch: MemoryView<Float>
  }

  /// The memory to which the outermost data set writes a partner; ignored, since the owner's base
  /// has written it to ``Request/partner``.
  private struct Discarded: Sendable {
    private let memory: AlignedBuffer
    let sample: SampleView
    let scratch: MemoryView<Float>

    init(_ dataset: any Dataset) {
      let sizes = (dataset.inputShapes + dataset.targetShapes).map(\.elementCount)
      let scratchCount = dataset.scratchCount
      memory = AlignedBuffer(count: sizes.reduce(1, +) + scratchCount)
      var start = 0
      let view = memory.view
      func take(_ size: Int) -> MemoryView<Float> {
        defer { start += size }
        return view[start..<start + size]
      }
      let inputCount = dataset.inputShapes.count
      sample = SampleView(
        inputs: sizes[..<inputCount].map(take), targets: sizes[inputCount...].map(take),
        weight: dataset.hasWeights ? take(1) : nil)
      scratch = take(scratchCount)
    }
  }

  private struct State: Sendable {
    var request: Request?
    var isAnswered = false
    /// One for each request that waits for another.
    var discarded: [Discarded] = []
    var depth = 0
  }

  /// The outermost data set, of which samples are requested.
  let dataset: any Dataset
  private let state = Mutex(State())

  init(_ dataset: any Dataset) { self.dataset = dataset }

  /// Runs `body` in this context.
  func run(_ body: () throws -> Void) rethrows { try Self.local.withValue(self, body) }

  /// Runs `body` in the calling thread's context, or in one of `dataset` if there is none.
  static func run(
    or dataset: some Dataset, _ body: (SampleContext) throws -> Void
  ) rethrows {
    if let current = local.value { return try body(current) }
    let context = SampleContext(dataset)
    try context.run { try body(context) }
  }

  /// The request of the data sets above, if any.
  var request: Request? { state.withLock { $0.request } }

  /// Has the outermost data set copy a sample of an epoch; `request.owner` writes what its base
  /// copies to ``Request/partner``. Returns whether it did.
  func ask(_ request: Request, index: Int, epoch: Int) throws -> Bool {
    let (outer, discarded) = state.withLock { state in
      if state.discarded.count == state.depth { state.discarded.append(Discarded(dataset)) }
      state.depth += 1
      let outer = state.request
      (state.request, state.isAnswered) = (request, false)
      return (outer, state.discarded[state.depth - 1])
    }
    defer {
      state.withLock { state in
        state.depth -= 1
        state.request = outer
      }
    }
    try dataset.reading(index) {
      try dataset.copySample(
        at: index, epoch: epoch, into: discarded.sample, scratch: discarded.scratch)
    }
    return state.withLock { $0.isAnswered }
  }

  /// Runs `body`, which answers the request and may make others.
  func answer(_ body: () throws -> Void) rethrows {
    let request = state.withLock { state in
      defer { state.request = nil }
      return state.request
    }
    defer { state.withLock { ($0.request, $0.isAnswered) = (request, true) } }
    try body()
  }
}
