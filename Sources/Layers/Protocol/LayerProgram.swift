internal import PinionTensor

/// What runs a layer in a plan: the phases of its two passes, each with its code, and the memory
/// that they use.
///
/// ``Layer/program(for:)`` makes it once for each plan. Whatever follows from the layer, the shapes
/// and the size of the batch (geometry, algorithm, handles of parameters and memory) is computed
/// there and captured by the phases:
/// ```swift
/// func program(for pass: LayerPass) -> LayerProgram {
///   var program = LayerProgram(pass)
///   let slope = program.parameter("slope")
///   let mask = program.reserve(.kept, of: UInt8.self, count: pass.output.elementCount)
///   program.forward = [.samples { context in … context[slope] … context[mask] … }]
///   program.backward = [.samples { context in … context.gradient(of: slope) … }]
///   return program
/// }
/// ```
public struct LayerProgram: Sendable {
  /// The code of a phase, called for parts of the batch on any thread.
  public typealias Body = @Sendable (LayerContext) -> Void

  /// One part of a pass. A pass's phases run in order, each after the one before is complete.
  public struct Phase: Sendable {
    /// How the batch is divided among calls.
    enum Division: Sendable, Equatable {
      case samples(minimum: Int)
      case pieces(Int, isDeferrable: Bool)
    }

    let division: Division
    // In a struct, as a function that an array holds by itself is wrapped anew, on the heap,
    // whenever it is read.
    let body: Body

    /// Work on any range of samples, independent of the others: the plan divides the batch, and
    /// takes the same samples through neighboring layers while they are in cache.
    ///
    /// - Parameter minimum: The number of samples from which a call runs at full speed.
    public static func samples(minimum: Int = 1, _ body: @escaping Body) -> Phase {
      Phase(division: .samples(minimum: minimum), body: body)
    }

    /// Work on the whole batch in `count` independent pieces; ``LayerContext/piece`` says which one
    /// a call does.
    ///
    /// - Parameter isDeferrable: Whether nothing but the optimizer waits for the results, as for
    ///   gradients of parameters: the plan may run the pieces later in the same pass. Of the last
    ///   phase alone.
    public static func pieces(
      _ count: Int, isDeferrable: Bool = false, _ body: @escaping Body
    ) -> Phase {
      Phase(division: .pieces(max(1, count), isDeferrable: isDeferrable), body: body)
    }
  }

  /// How the output relates to the memory of the input.
  public enum OutputMemory: Sendable {
    /// Output and input are different places.
    case separate
    /// The output may overwrite the (first) input, and the input's gradient the output's.
    case inPlace
    /// The output is the input seen in another shape; no phase of either pass runs.
    case alias
  }

  /// What the backward pass reads besides the output's gradient.
  public struct BackwardReads: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let inputs = BackwardReads(rawValue: 1)
    public static let output = BackwardReads(rawValue: 2)
  }

  /// The pass that the program is for.
  public let pass: LayerPass
  /// The phases of the forward pass.
  public var forward: [Phase]
  /// The phases of the backward pass.
  public var backward: [Phase]
  /// How the output relates to the input's memory. Default: separate.
  public var outputMemory = OutputMemory.separate
  /// Values that nobody reads any more give their memory back. Default: the inputs.
  public var backwardReads: BackwardReads = .inputs
  /// Whether the backward pass sets the parameters' gradients where ``LayerContext/accumulates`` is
  /// false, so that they need not be zeroed before. Default: no.
  public var setsGradients = false
  /// Whether the backward pass of a frozen layer writes gradients of parameters all the same, into
  /// memory that nobody reads.
  var discardsFrozenGradients = false
  /// What a constant added to each channel of the inputs does to the output. Default: anything.
  var channelShift = ChannelShift.changes
  /// The parameter that adds such a constant to the output, if there is one.
  var shiftParameter: ParameterHandle?

  private(set) var reservations: [Reservation] = []
  private(set) var preparations: [Phase] = []

  /// A program of the given phases, which reserves no memory yet.
  public init(_ pass: LayerPass, forward: [Phase] = [], backward: [Phase] = []) {
    self.pass = pass
    self.forward = forward
    self.backward = backward
  }

  /// The layer's parameter of a name, as ``Layer/parameters(for:)`` declares it.
  public func parameter(_ name: String) -> ParameterHandle {
    guard let index = pass.parameterNames.firstIndex(of: name) else {
      fatalError("the layer declares no parameter \"\(name)\"")
    }
    return ParameterHandle(index: index)
  }

  /// Memory for `count` elements; of ``MemoryScope/kept``, for each sample.
  public mutating func reserve<Element>(
    _ scope: MemoryScope, of type: Element.Type = Float.self, count: Int
  ) -> MemoryHandle<Element> {
    let handle = MemoryHandle<Element>(scope: scope, slot: reservations.count, count: count)
    reservations.append(Reservation(scope: scope, bytes: handle.bytes))
    return handle
  }

  /// Code that fills memory of ``MemoryScope/prepared``, run before the forward pass.
  ///
  /// Where ``LayerPass/hasConstantParameters``, it runs once for all plans, and must not depend on
  /// the size of the batch.
  public mutating func prepare(_ body: @escaping Body) {
    preparations.append(.pieces(1, body))
  }
}

/// What ``LayerProgram/parameter(_:)`` found: gives access to a parameter by
/// ``LayerContext/subscript(_:)-(ParameterHandle)``.
public struct ParameterHandle: Sendable, Equatable {
  let index: Int
}

/// Whom reserved memory belongs to, and for how long it keeps its contents.
public enum MemoryScope: Sendable {
  /// To a call: undefined at its start.
  case scratch
  /// To each sample: from the forward pass to the backward pass. Empty in inference.
  case kept
  /// To all calls of a step: written by one phase, read by later ones of either pass.
  case shared
  /// To each lane: zeros at the start of each pass, added to by a phase over samples, read by a
  /// later phase.
  case laneSums
  /// To the thread that works on a lane: from call to call of a backward pass of one phase;
  /// undefined when the lane starts. For sums too large to be kept for every lane.
  case carried
  /// To the parameters: written by ``LayerProgram/prepare(_:)``.
  case prepared
}

/// What ``LayerProgram/reserve(_:of:count:)`` reserved: gives access to it by
/// ``LayerContext/subscript(_:)-(MemoryHandle<Element>)``.
public struct MemoryHandle<Element: BitwiseCopyable & Sendable>: Sendable {
  let scope: MemoryScope
  let slot: Int
  /// The number of elements; of ``MemoryScope/kept``, for each sample.
  public let count: Int

  /// Whole cache lines where calls on several threads have neighbors.
  var bytes: Int {
    let bytes = count * MemoryLayout<Element>.stride
    return scope == .kept ? bytes : Arena.aligned(bytes)
  }
}

/// Bytes that a program needs: for each sample, for each lane, or in all, as the scope says.
struct Reservation: Sendable {
  let scope: MemoryScope
  let bytes: Int
}
