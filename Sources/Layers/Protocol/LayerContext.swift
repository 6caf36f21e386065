public import PinionTensor

/// The arguments of a call of a phase: bounds-checked views of its memory.
///
/// A call computes n samples of the batch, ``samples``; in a phase of pieces, n is the whole batch.
/// Views of inputs, outputs and their gradients hold n samples, row-major. Contexts are reused:
/// views are valid only during the call.
public final class LayerContext {
  /// The pass that the program was built for.
  public let pass: LayerPass

  // Access is unchecked: the executor sets these properties before each call, in which layers read
  // them. The checks took a fiftieth of a training step of a network of small dense layers.

  /// The indices of the call's samples in the batch.
  @exclusivity(unchecked) public package(set) var samples: Range<Int> = 0..<0
  /// The index of the piece in a phase of pieces; otherwise 0.
  @exclusivity(unchecked) public package(set) var piece = 0
  /// The index of the call's lane in a phase over samples. The partition of the batch into lanes
  /// depends on the batch size only.
  @exclusivity(unchecked) public package(set) var lane = 0
  /// The indices of the lane's samples in the batch.
  @exclusivity(unchecked) public package(set) var laneSamples: Range<Int> = 0..<0
  /// The number of lanes of ``MemoryScope/laneSums``, a power of two.
  @exclusivity(unchecked) public package(set) var laneCount = 1
  /// The part of the lanes that this rank computes, of as many as ranks share the batch.
  var laneShare = (index: 0, count: 1)

  /// The inputs, each (n, input shape).
  @exclusivity(unchecked) public package(set) var inputs: [MemoryView<Float>]
  /// The output, (n, output shape).
  @exclusivity(unchecked) public package(set) var output: MemoryView<Float> = .empty
  /// The gradient of the loss with respect to the output, (n, output shape). The layer may
  /// overwrite it.
  @exclusivity(unchecked) public package(set) var outputGradient: MemoryView<Float> = .empty
  /// The gradients of the loss with respect to the inputs, each (n, input shape), to be set; nil
  /// for inputs whose gradient is not needed.
  @exclusivity(unchecked) public package(set) var inputGradients: [MemoryView<Float>?]
  /// Whether to add to the gradients of parameters. If false, which occurs only for programs with
  /// ``LayerProgram/setsGradients``, they are undefined and must be set.
  @exclusivity(unchecked) public package(set) var accumulates = true
  /// The layer's random numbers in this step. Draws for a sample must be indexed by its position in
  /// the batch, so that they do not depend on the partition.
  @exclusivity(unchecked) public package(set) var random = RandomStream(seed: 0, stream: 0)

  @exclusivity(unchecked) package var parameters: [MemoryView<Float>]
  @exclusivity(unchecked) package var gradients: [MemoryView<Float>]
  /// The memory of the program's reservations; for lane sums, of all lanes.
  @exclusivity(unchecked) package var memory: [MemoryView<UInt8>]

  package init(pass: LayerPass, parameters: [MemoryView<Float>], memory count: Int) {
    self.pass = pass
    inputs = Array(repeating: .empty, count: pass.inputs.count)
    inputGradients = Array(repeating: nil, count: pass.inputs.count)
    gradients = Array(repeating: .empty, count: parameters.count)
    self.parameters = parameters
    memory = Array(repeating: .empty, count: count)
  }

  /// The number of samples of the call, n.
  public var sampleCount: Int { samples.count }
  /// Whether the call is the first of its lane.
  public var startsLane: Bool { samples.lowerBound == laneSamples.lowerBound }
  /// Whether the call is the last of its lane.
  public var endsLane: Bool { samples.upperBound == laneSamples.upperBound }

  // MARK: Parameters

  /// The elements of a parameter. A layer may change only those that are not trainable.
  public subscript(parameter: ParameterHandle) -> MemoryView<Float> { parameters[parameter.index] }

  /// The gradient of a parameter, to be added to; empty if the parameter is not trained.
  ///
  /// In a backward pass with phases over samples only, each lane has its own gradient, and the
  /// gradients of the lanes are summed afterwards. In a backward pass with a phase of pieces, all
  /// calls share one gradient; only phases of pieces may write to it, each piece to different
  /// elements.
  public func gradient(of parameter: ParameterHandle) -> MemoryView<Float> {
    gradients[parameter.index]
  }

  /// The parameter with a name. Traps if the layer does not declare it.
  public func parameter(_ name: String) -> MemoryView<Float> { parameters[index(of: name)] }

  /// The gradient of the parameter with a name; see ``gradient(of:)``.
  public func gradient(_ name: String) -> MemoryView<Float> { gradients[index(of: name)] }

  private func index(of name: String) -> Int {
    guard let index = pass.parameterNames.firstIndex(of: name) else {
      fatalError("the layer declares no parameter \"\(name)\"")
    }
    return index
  }

  // MARK: Memory

  /// Reserved memory: (n, count) for ``MemoryScope/kept``, otherwise (count,); for
  /// ``MemoryScope/laneSums``, of the call's lane.
  public subscript<Element>(handle: MemoryHandle<Element>) -> MemoryView<Element> {
    let view = memory[handle.slot]
    switch handle.scope {
    case .kept: return view.rebound(to: Element.self)
    case .laneSums: return sums(handle, lane: lane)
    default: return view.rebound(to: Element.self)[0..<handle.count]
    }
  }

  /// The sums of a lane, (count,).
  public func sums<Element>(_ handle: MemoryHandle<Element>, lane: Int) -> MemoryView<Element> {
    let start = lane * handle.bytes
    return memory[handle.slot][start..<start + handle.bytes].rebound(to: Element.self)[
      0..<handle.count]
  }

  /// The total over all lanes, (count,), summed along a balanced binary tree. Overwrites the sums
  /// of the lanes.
  ///
  /// For phases of pieces; call it once.
  public func total<Element: FloatingPoint>(of handle: MemoryHandle<Element>) -> MemoryView<Element>
  {
    LaneTree.reduce(count: laneCount) { target, source in
      let (sum, term) = (sums(handle, lane: target), sums(handle, lane: source))
      for i in 0..<sum.count { sum.base[i] += term.base[i] }
    }
    return sums(handle, lane: 0)
  }
}

/// The order of summation over lanes: a balanced binary tree whose leaves are the lanes.
///
/// Eight lanes are summed as ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). Each half, quarter and so
/// on is a subtree, which can be summed elsewhere to the same bits.
enum LaneTree {
  /// Calls `combine` for each inner node of a tree with `count` leaves, a power of two, to add the
  /// value of `source` to that of `target`. The total is the value of 0.
  static func reduce(count: Int, combine: (_ target: Int, _ source: Int) -> Void) {
    var distance = 1
    while distance < count {
      var target = 0
      while target + distance < count {
        combine(target, target + distance)
        target += 2 * distance
      }
      distance *= 2
    }
  }

  /// The sum of `leaf` over `count` leaves, a power of two. Does not allocate.
  static func sum(_ count: Int, leaf: (Int) -> Double) -> Double {
    func sum(_ leaves: Range<Int>) -> Double {
      if leaves.count == 1 { return leaf(leaves.lowerBound) }
      let middle = leaves.lowerBound + leaves.count / 2
      return sum(leaves.lowerBound..<middle) + sum(middle..<leaves.upperBound)
    }
    return sum(0..<count)
  }
}

extension MemoryView {
  /// A view of zero elements.
  package static var empty: MemoryView {
    MemoryView(base: UnsafeMutablePointer(bitPattern: 64)!, count: 0)
  }
}
