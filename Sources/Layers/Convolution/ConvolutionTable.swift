internal import PinionTensor

/// All algorithms. ``ConvolutionAlgorithm/automatic`` is the first that supports the shape and is
/// the fastest according to the layer benchmark.
enum ConvolutionTable {
  /// In order of preference.
  static let implementations: [any ConvolutionImplementation.Type] = [
    Winograd.self,
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
    let place = others.firstIndex { type(of: $0) == type(of: selected) } ?? 0
    for other in others.prefix(place) { other.addPreparation(of: operands, to: &program) }
    selected.addPhases(of: operands, to: &program)
    for other in others.dropFirst(place + 1) { other.addPreparation(of: operands, to: &program) }
  }

  /// The algorithms that are selected for batches of any size: that of many samples first.
  private static func alternatives(
    _ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape, in pass: LayerPass
  ) -> [any ConvolutionImplementation] {
    var found: [any ConvolutionImplementation] = []
    for batch in (1...LayerPass.fewSamples + 1).reversed() {
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
