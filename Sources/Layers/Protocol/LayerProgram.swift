internal import PinionTensor

/// The code that runs a layer in a plan, as phases of a forward and a backward pass, and the memory
/// that they use.
///
/// ``Layer/program(for:)`` builds it once for each plan. Values that depend only on the layer, the
/// shapes and the batch size, such as geometry, algorithm and handles, are computed there and
/// captured by the phases:
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
  /// The code of a phase, called on any thread for parts of the batch.
  public typealias Body = @Sendable (LayerContext) -> Void

  /// A part of a pass. Each phase starts after the previous one is complete.
  public struct Phase: Sendable {
    /// The division of the batch into calls.
    enum Division: Sendable, Equatable {
      case samples(minimum: Int, preferred: Int)
      case pieces(Int, isDeferrable: Bool)
    }

    /// The values of the whole batch that a phase of pieces reads.
    struct PieceReads: OptionSet, Sendable {
      let rawValue: Int

      static let inputs = PieceReads(rawValue: 1)
      static let outputGradient = PieceReads(rawValue: 2)
      /// Kept memory and lane sums.
      static let memory = PieceReads(rawValue: 4)
      static let all = PieceReads(rawValue: 7)
    }

    let division: Division
    // Reading a function from an array of functions allocates; from an array of structs it does
    // not.
    let body: Body
    /// What ranks that share a batch exchange before a phase of pieces. The output and the
    /// gradients of the inputs are exchanged only with ``PieceReads/all``.
    var reads = PieceReads.all
    /// Whether pieces of a backward pass only write gradients of the inputs.
    var setsInputGradients = false

    /// A phase that computes any range of samples independently of the others.
    ///
    /// The plan divides the batch, and runs neighboring layers on the same samples while these are
    /// in cache.
    ///
    /// - Parameters:
    ///   - minimum: The smallest number of samples at which a call runs near full speed, and of
    ///     samples in a lane.
    ///   - preferred: The number of samples at which it runs at full speed, for calls in lanes that
    ///     have as many.
    public static func samples(
      minimum: Int = 1, preferred: Int = 1, _ body: @escaping Body
    ) -> Phase {
      Phase(
        division: .samples(minimum: minimum, preferred: max(minimum, preferred)), body: body)
    }

    /// A phase that computes the whole batch in `count` independent pieces;
    /// ``LayerContext/piece`` is the index of a call's piece.
    ///
    /// - Parameter isDeferrable: Whether only the optimizer needs the results, as with gradients of
    ///   parameters, so that the plan may run the pieces later in the pass. Has an effect for the
    ///   last phase only.
    public static func pieces(
      _ count: Int, isDeferrable: Bool = false, _ body: @escaping Body
    ) -> Phase {
      Phase(division: .pieces(max(1, count), isDeferrable: isDeferrable), body: body)
    }

    /// A phase of pieces that reads only some of the values that it is given.
    ///
    /// - Parameter setsInputGradients: Whether the pieces of a backward pass write nothing else.
    static func pieces(
      _ count: Int, isDeferrable: Bool = false, setsInputGradients: Bool = false,
      reading reads: PieceReads, _ body: @escaping Body
    ) -> Phase {
      var phase = pieces(count, isDeferrable: isDeferrable, body)
      phase.reads = reads
      phase.setsInputGradients = setsInputGradients
      return phase
    }
  }

  /// The relation of the output's memory to the input's.
  public enum OutputMemory: Sendable {
    /// The output has memory of its own.
    case separate
    /// The output may overwrite the first input, and the input's gradient the output's.
    case inPlace
    /// The output is the input with another shape. No phase of either pass runs.
    case alias
  }

  /// The values that the backward pass reads in addition to the output's gradient.
  public struct BackwardReads: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// ``LayerContext/inputs``, which are undefined in the backward pass otherwise.
    public static let inputs = BackwardReads(rawValue: 1)
    /// ``LayerContext/output``, which is undefined in the backward pass otherwise.
    public static let output = BackwardReads(rawValue: 2)
  }

  public let pass: LayerPass
  /// The phases of the forward pass, in order. Not run if ``outputMemory`` is an alias. Default:
  /// none.
  public var forward: [Phase]
  /// The phases of the backward pass, in order: from the gradient of the output to those of the
  /// inputs and of the parameters. Run only where one of these is needed, and not if
  /// ``outputMemory`` is an alias. Default: none.
  public var backward: [Phase]
  /// Default: separate.
  public var outputMemory = OutputMemory.separate
  /// Memory of values that no later phase reads is reused. Default: the inputs.
  public var backwardReads: BackwardReads = .inputs
  /// The name of the algorithm that was selected for the shapes, shown by `Model.explain`. Default:
  /// nil, for layers with a single one.
  public var algorithm: String?
  /// Multiplications and additions of matrix products in the forward pass of one sample, counted by
  /// the layer's definition, not by the algorithm. Default: 0.
  public var operations = 0
  /// Whether the backward pass sets gradients of parameters if ``LayerContext/accumulates`` is
  /// false, so that they need not be zeroed first. Default: false.
  public var setsGradients = false
  /// Whether the backward pass of a frozen layer also writes gradients of parameters, into memory
  /// that is not read.
  var discardsFrozenGradients = false
  /// The effect on the output of a constant added to each channel of the inputs. Default: any.
  var channelShift = ChannelShift.changes
  /// The parameter that adds such a constant to the output, if any.
  var shiftParameter: ParameterHandle?

  private(set) var reservations: [Reservation] = []
  private(set) var preparations: [Phase] = []

  /// A program without reserved memory.
  public init(_ pass: LayerPass, forward: [Phase] = [], backward: [Phase] = []) {
    self.pass = pass
    self.forward = forward
    self.backward = backward
  }

  /// The handle of a parameter that ``Layer/parameters(for:)`` declares. Traps if there is none
  /// with this name.
  public func parameter(_ name: String) -> ParameterHandle {
    guard let index = pass.parameterNames.firstIndex(of: name) else {
      fatalError("the layer declares no parameter \"\(name)\"")
    }
    return ParameterHandle(index: index)
  }

  /// Reserves memory for `count` elements; with ``MemoryScope/kept``, `count` for each sample.
  public mutating func reserve<Element>(
    _ scope: MemoryScope, of type: Element.Type = Float.self, count: Int
  ) -> MemoryHandle<Element> {
    let handle = MemoryHandle<Element>(scope: scope, slot: reservations.count, count: count)
    reservations.append(Reservation(scope: scope, bytes: handle.bytes))
    return handle
  }

  /// Adds code that computes memory of ``MemoryScope/prepared`` before the forward pass; what is
  /// added by separate calls may run concurrently.
  ///
  /// If ``LayerPass/hasConstantParameters``, it runs once for all plans and must not depend on the
  /// batch size.
  public mutating func prepare(_ body: @escaping Body) {
    preparations.append(.pieces(1, body))
  }
}

/// Identifies a parameter in ``LayerContext/subscript(_:)-(ParameterHandle)``.
public struct ParameterHandle: Sendable, Equatable {
  let index: Int
}

/// The owner and the lifetime of reserved memory.
public enum MemoryScope: Sendable {
  /// Of a call; undefined at its start.
  case scratch
  /// Of each sample, from the forward to the backward pass. Empty in inference.
  case kept
  /// Of all calls of a step: written by a phase, read by later phases of both passes.
  case shared
  /// Of each lane: zero at the start of each pass, added to by a phase over samples, and read by a
  /// later phase.
  case laneSums
  /// Of a thread, during the calls of a lane in a backward pass of one phase; undefined at the
  /// first call. For sums too large to be kept for each lane.
  case carried
  /// Computed from the parameters by ``LayerProgram/prepare(_:)``.
  case prepared
}

/// Identifies reserved memory in ``LayerContext/subscript(_:)-(MemoryHandle<Element>)``.
public struct MemoryHandle<Element: BitwiseCopyable & Sendable>: Sendable {
  let scope: MemoryScope
  let slot: Int
  /// The number of elements; with ``MemoryScope/kept``, for each sample.
  public let count: Int

  /// Whole cache lines, so that threads do not share any, except for kept memory.
  var bytes: Int {
    let bytes = count * MemoryLayout<Element>.stride
    return scope == .kept ? bytes : Arena.aligned(bytes)
  }
}

/// Memory that a program needs: for each sample, for each lane or in total, depending on the scope.
struct Reservation: Sendable {
  let scope: MemoryScope
  let bytes: Int
}
