internal import PinionTensor

/// An algorithm for convolutions. All give the same values up to rounding.
public struct ConvolutionAlgorithm: RawRepresentable, Sendable, Hashable, Codable, CaseIterable {
  /// The name in configurations.
  public let rawValue: String
  /// The implementation; nil for ``automatic``.
  let implementation: (any ConvolutionImplementation.Type)?

  /// The fastest for the shape, by a table of measurements in the source.
  public static let automatic = ConvolutionAlgorithm(name: "automatic", nil)

  /// ``automatic``, then all others.
  public static var allCases: [ConvolutionAlgorithm] {
    [.automatic] + ConvolutionTable.implementations.map { $0.algorithm }
  }

  /// The algorithm with a name; nil if there is none.
  public init?(rawValue: String) {
    guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = known
  }

  init(name: String, _ implementation: (any ConvolutionImplementation.Type)?) {
    rawValue = name
    self.implementation = implementation
  }

  public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }

  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// The implementation of an algorithm for convolutions of one shape.
///
/// A new one is a type in its own file, and a row in ``ConvolutionTable``.
protocol ConvolutionImplementation: Sendable {
  /// The algorithm by which users select it.
  static var algorithm: ConvolutionAlgorithm { get }

  /// The requirement that a shape does not meet; nil if the algorithm supports the shape. Default:
  /// nil.
  static func limitation(_ shape: ConvolutionShape) -> LayerError?

  /// Whether it is faster than the later rows of the table, according to measurements, for a shape
  /// that it supports.
  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool

  /// The algorithm for batches of the pass's size.
  init(_ shape: ConvolutionShape, in pass: LayerPass)

  /// Adds the algorithm's memory and phases to the program of a layer.
  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram)

  /// Adds only the memory that is prepared from constant parameters, which plans for other batch
  /// sizes share. Default: does nothing.
  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram)
}

extension ConvolutionImplementation {
  static func limitation(_ shape: ConvolutionShape) -> LayerError? { nil }

  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram) {}
}

/// The shape of a convolution: x (N, H, W, C) ∗ kernel (kernel height, kernel width, C / G, F) → y
/// (N, H′, W′, F), in G groups of channels: group g computes the g-th part of the filters from the
/// g-th part of the channels.
struct ConvolutionShape: Sendable, Equatable {
  let geometry: WindowGeometry
  /// F.
  let filters: Int
  /// G, which divides C and F.
  let groups: Int

  init(geometry: WindowGeometry, filters: Int, groups: Int = 1) {
    self.geometry = geometry
    self.filters = filters
    self.groups = groups
  }

  /// The number of elements of the kernel.
  var kernelSize: Int { geometry.windowSize / groups * filters }
  /// The number of elements of y for one sample.
  var outputSize: Int { geometry.outputPixels * filters }

  /// What an algorithm that takes neither dilations nor groups requires; nil if there are none.
  func limitation(withoutDilationAndGroupsFor algorithm: ConvolutionAlgorithm) -> LayerError? {
    if geometry.dilation == 1, groups == 1 { return nil }
    return LayerError(
      "a dilation of 1 and one group for the algorithm \(algorithm.rawValue)",
      received: "the dilation \(geometry.dilation) and \(groups) groups")
  }
}

/// The parameters and the epilogue of a convolution.
struct ConvolutionOperands: Sendable {
  let kernel: ParameterHandle
  let epilogue: Epilogue
}

/// All algorithms. ``ConvolutionAlgorithm/automatic`` is the first that supports the shape and is
/// the fastest according to the layer benchmark.
enum ConvolutionTable {
  /// In order of preference.
  static let implementations: [any ConvolutionImplementation.Type] = [
    Winograd.self,
    StridedWinograd.self,
    ShallowConvolution.self,
    DepthwiseConvolution.self,
    Im2col.self,
    DirectConvolution.self,
  ]

  /// The algorithm, or the one that ``ConvolutionAlgorithm/automatic`` selects, for a shape that it
  /// supports.
  static func implementation(
    _ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape, in pass: LayerPass
  ) -> any ConvolutionImplementation {
    let type =
      algorithm.implementation
      ?? implementations.first { $0.limitation(shape) == nil && $0.isFavored(shape, in: pass) }
      ?? Im2col.self
    return type.init(shape, in: pass)
  }

  /// Adds the memory and the phases of z = x ∗ W and of its epilogue to the program of a layer, by
  /// the algorithm or the one selected for ``ConvolutionAlgorithm/automatic``.
  static func addPhases(
    of operands: ConvolutionOperands, _ shape: ConvolutionShape, _ algorithm: ConvolutionAlgorithm,
    to program: inout LayerProgram
  ) {
    let pass = program.pass
    program.setsGradients = true
    if operands.epilogue.isIdentity {
      // `VanishingGradients` finds biases that a normalization cancels. The zeros of padding are
      // not shifted with the input.
      if !shape.geometry.hasPadding { program.channelShift = .shifts }
      program.shiftParameter = operands.epilogue.bias
    }
    let selected = implementation(algorithm, shape, in: pass)
    program.algorithm = type(of: selected).algorithm.rawValue
    program.operations = 2 * shape.outputSize * shape.geometry.windowSize / shape.groups
    // Plans for other batch sizes, which share memory prepared from constant parameters, may select
    // other algorithms. Each plan therefore reserves the prepared memory of all of them, in the
    // order of `alternatives`.
    let others = pass.hasConstantParameters ? alternatives(algorithm, shape, in: pass) : []
    let place = others.firstIndex { type(of: $0) == type(of: selected) }
    require(others.isEmpty || place != nil, "an algorithm without prepared memory")
    let first = place ?? 0
    for other in others.prefix(first) { other.addPreparation(of: operands, to: &program) }
    selected.addPhases(of: operands, to: &program)
    for other in others.dropFirst(first + 1) { other.addPreparation(of: operands, to: &program) }
  }

  /// A size from which on batches select the same algorithm: one tile of each sample is enough.
  private static let manySamples = max(Winograd.minimumTiles, StridedWinograd.minimumTiles)

  /// The algorithms that are selected for batches of any size: that of many samples first. At most
  /// one tiled algorithm supports a shape, so that sizes in between select one of these.
  private static func alternatives(
    _ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape, in pass: LayerPass
  ) -> [any ConvolutionImplementation] {
    var found: [any ConvolutionImplementation] = []
    for batch in [manySamples] + (1...LayerPass.fewSamples + 1).reversed() {
      let next = implementation(algorithm, shape, in: pass.with(batch: batch))
      if !found.contains(where: { type(of: $0) == type(of: next) }) { found.append(next) }
    }
    return found
  }
}

extension LayerPass {
  /// The largest batch of predictions whose samples are divided among threads.
  static let fewSamples = 4

  /// Whether each sample is divided among threads.
  var dividesSamples: Bool { mode == .inference && batch <= Self.fewSamples }

  /// A forward phase over `rows` rows of each sample's output: over samples or, for few samples, in
  /// up to `pieces` pieces of all rows. `body` is called with a range of the rows of all samples.
  func forwardPhase(
    rows: Int, pieces: Int, minimum: Int = 1, preferred: Int = 1,
    _ body: @escaping @Sendable (LayerContext, Range<Int>) -> Void
  ) -> LayerProgram.Phase {
    guard dividesSamples else {
      return .samples(minimum: minimum, preferred: preferred) {
        body($0, 0..<$0.sampleCount * rows)
      }
    }
    let (all, count) = (batch * rows, min(batch * rows, pieces))
    return .pieces(count) {
      body($0, BatchPartition.part($0.piece, of: count, in: 0..<all))
    }
  }
}
