public import PinionTensor

/// What a phase of a layer's program runs on: bounded views of the memory of one call.
///
/// A call concerns n samples of the batch, ``samples``; in a phase of pieces, these are all. Views
/// of values hold n times the elements of one sample, sample after sample, row-major. The same
/// context serves many calls: views are valid during the call only.
public final class LayerContext {
  /// What the program was made for.
  public let pass: LayerPass

  /// The samples of the call.
  public package(set) var samples: Range<Int> = 0..<0
  /// The piece that runs, in a phase of pieces; else 0.
  public package(set) var piece = 0
  /// The lane of the call, in a phase over samples. Which samples make a lane depends on the size
  /// of the batch alone.
  public package(set) var lane = 0
  /// The samples of the lane.
  public package(set) var laneSamples: Range<Int> = 0..<0
  /// The number of lanes whose sums are gathered by ``MemoryScope/laneSums``; a power of two.
  public package(set) var laneCount = 1

  /// The inputs, each (n, input shape).
  public package(set) var inputs: [MemoryView<Float>]
  /// The output, (n, output shape).
  public package(set) var output: MemoryView<Float> = .empty
  /// The gradient of the loss with respect to the output, (n, output shape). The layer may
  /// overwrite it.
  public package(set) var outputGradient: MemoryView<Float> = .empty
  /// Where the gradients with respect to the inputs go, each (n, input shape), or nil where nobody
  /// needs it. Undefined before.
  public package(set) var inputGradients: [MemoryView<Float>?]
  /// Whether gradients of parameters hold sums to add to; false only for programs with
  /// ``LayerProgram/setsGradients``, when they hold nothing yet.
  public package(set) var accumulates = true
  /// The layer's own random numbers in this step, the same for whoever draws them. A sample's draws
  /// are to be indexed by its place in the batch.
  public package(set) var random = RandomStream(seed: 0, stream: 0)

  package var parameters: [MemoryView<Float>]
  package var gradients: [MemoryView<Float>]
  /// The program's reservations; of lane sums those of all lanes.
  package var memory: [MemoryView<UInt8>]

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

  /// A parameter. The layer itself may change only those that are not trainable.
  public subscript(parameter: ParameterHandle) -> MemoryView<Float> { parameters[parameter.index] }

  /// The gradient of a parameter, to be added to; an empty view if the parameter is not trained.
  ///
  /// A backward pass of phases over samples alone gets a copy for each lane, summed afterwards. In
  /// one with a phase of pieces all calls share one copy, and only phases of pieces may write to
  /// it, each piece to elements of its own.
  public func gradient(of parameter: ParameterHandle) -> MemoryView<Float> {
    gradients[parameter.index]
  }

  /// The parameter of a name. Traps if the layer declares none of this name.
  public func parameter(_ name: String) -> MemoryView<Float> { parameters[index(of: name)] }

  /// The gradient of the parameter of a name, as ``gradient(of:)``.
  public func gradient(_ name: String) -> MemoryView<Float> { gradients[index(of: name)] }

  private func index(of name: String) -> Int {
    guard let index = pass.parameterNames.firstIndex(of: name) else {
      fatalError("the layer declares no parameter \"\(name)\"")
    }
    return index
  }

  // MARK: Memory

  /// Reserved memory; of ``MemoryScope/kept``, (n, count); of ``MemoryScope/laneSums``, that of the
  /// call's lane.
  public subscript<Element>(handle: MemoryHandle<Element>) -> MemoryView<Element> {
    let view = memory[handle.slot]
    switch handle.scope {
    case .kept: return view.rebound(to: Element.self)
    case .laneSums: return sums(handle, lane: lane)
    default: return view.rebound(to: Element.self)[0..<handle.count]
    }
  }

  /// What a lane gathered.
  public func sums<Element>(_ handle: MemoryHandle<Element>, lane: Int) -> MemoryView<Element> {
    let start = lane * handle.bytes
    return memory[handle.slot][start..<start + handle.bytes].rebound(to: Element.self)[
      0..<handle.count]
  }

  /// The sum of what all lanes gathered, along the ``LaneTree``, in the place of the first lane's.
  ///
  /// For a phase of pieces; to be called once.
  public func total<Element: FloatingPoint>(of handle: MemoryHandle<Element>) -> MemoryView<Element>
  {
    LaneTree.reduce(count: laneCount) { target, source in
      let (sum, term) = (sums(handle, lane: target), sums(handle, lane: source))
      for i in 0..<sum.count { sum.base[i] += term.base[i] }
    }
    return sums(handle, lane: 0)
  }
}

/// The order in which lanes are added up: a balanced binary tree whose leaves are the lanes.
///
/// Neighbors first, then pairs, and so on: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). Half of the
/// lanes, a quarter and so on are subtrees, so that whoever has one of them adds it up by itself,
/// to the same bits.
public enum LaneTree {
  /// Calls `combine` for each node of the tree over `count` leaves, a power of two: what `source`
  /// holds is to be added to `target`. The result is in 0.
  @inlinable
  public static func reduce(count: Int, combine: (_ target: Int, _ source: Int) -> Void) {
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

  /// The sum of what `leaf` returns for each of `count` leaves, a power of two; allocates nothing.
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
  /// A view of nothing.
  package static var empty: MemoryView {
    MemoryView(base: UnsafeMutablePointer(bitPattern: 64)!, count: 0)
  }
}
