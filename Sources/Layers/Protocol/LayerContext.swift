public import PinionTensor

/// What a layer is given to run on: bounded views of the memory of one call.
///
/// A call concerns the images ``images`` of the batch, n of them; in a phase cut in pieces these are all images. Views of images hold n times the
/// elements of one, image after image, row-major. The same context serves many calls: views are valid during the call only.
public final class LayerContext {
  /// The inputs, each (n, input shape).
  public package(set) var inputs: [MemoryView<Float>]
  /// The output, (n, output shape).
  public package(set) var output: MemoryView<Float> = .empty
  /// The gradient of the loss with respect to the output, (n, output shape). The layer may overwrite it.
  public package(set) var outputGradient: MemoryView<Float> = .empty
  /// Where the gradients with respect to the inputs go, each (n, input shape), or nil where nobody needs it. Undefined before.
  public package(set) var inputGradients: [MemoryView<Float>?]
  /// The parameters, in the order of ``Layer/parameters(for:)``. The layer itself may change only those that are not trainable.
  public package(set) var parameters: [MemoryView<Float>]
  /// The gradients of the parameters, in the same order, to be added to; empty views for those that are not trainable.
  ///
  /// A backward pass of phases over images alone gets a copy for each lane, summed afterwards. In one with a phase in
  /// pieces all calls share one copy, and only phases in pieces may write to it, each piece to elements of its own.
  public package(set) var gradients: [MemoryView<Float>]
  /// Whether ``gradients`` hold sums to add to; false only for layers that declare ``Execution/setsGradients``, when they hold nothing yet.
  public package(set) var accumulates = true

  /// The number of the phase that runs.
  public package(set) var phase = 0
  /// The images of the call.
  public package(set) var images: Range<Int> = 0..<0
  /// The piece that runs, in a phase cut in pieces; else 0.
  public package(set) var piece = 0
  /// The shapes of the inputs for one image.
  public let inputShapes: [Shape]
  /// The shape of the output for one image.
  public let outputShape: Shape
  /// The number of images in the batch.
  public let batch: Int
  /// What the pass is for.
  public let mode: LayerPass.Mode

  /// Bytes kept from the forward pass for the backward pass, (n, ``Execution/keptBytes``).
  public package(set) var kept: MemoryView<UInt8> = .empty
  /// Memory shared by the phases of one step.
  public package(set) var shared: MemoryView<Float> = .empty
  /// The number of lanes that ``partials`` were gathered in.
  public package(set) var laneCount = 1
  /// The lane of the call, in a phase over images. Which images make a lane depends on the size of the batch alone.
  public package(set) var lane = 0
  /// The images of the lane.
  public package(set) var laneImages: Range<Int> = 0..<0
  /// Memory of the thread that lasts while a lane is under way, ``Execution/carriedFloats`` long; undefined when the lane starts.
  public package(set) var carried: MemoryView<Float> = .empty
  /// What ``Layer/prepare(_:)`` wrote.
  public package(set) var prepared: MemoryView<Float> = .empty
  /// Memory of the thread, undefined at the start.
  public package(set) var scratch: MemoryView<Float> = .empty
  /// The layer's own random numbers in this step, the same for whoever draws them. An image's draws are to be indexed by its place in the batch.
  public package(set) var random = RandomStream(seed: 0, stream: 0)

  package var allPartials: MemoryView<Float> = .empty
  package var partialFloats = 0

  package init(pass: LayerPass, parameters: [MemoryView<Float>]) {
    inputs = Array(repeating: .empty, count: pass.inputs.count)
    inputGradients = Array(repeating: nil, count: pass.inputs.count)
    gradients = Array(repeating: .empty, count: parameters.count)
    self.parameters = parameters
    inputShapes = pass.inputs
    outputShape = pass.output
    batch = pass.batch
    mode = pass.mode
  }

  /// The number of images of the call, n.
  public var imageCount: Int { images.count }
  /// Whether the call is the first of its lane.
  public var startsLane: Bool { images.lowerBound == laneImages.lowerBound }
  /// Whether the call is the last of its lane.
  public var endsLane: Bool { images.upperBound == laneImages.upperBound }

  /// The sums that the lane of the call gathers; undefined until its first call sets them.
  public var partials: MemoryView<Float> { partials(lane: lane) }

  /// The sums that a lane gathered, for a phase that reads them all.
  public func partials(lane: Int) -> MemoryView<Float> {
    allPartials[lane * partialFloats..<(lane + 1) * partialFloats]
  }
}

extension MemoryView {
  /// A view of nothing.
  package static var empty: MemoryView {
    MemoryView(base: UnsafeMutablePointer(bitPattern: 64)!, count: 0)
  }
}
