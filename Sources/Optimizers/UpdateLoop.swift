internal import PinionTensor

/// One step over all parameters, piece by piece; shared by the threads of a pool.
///
/// A step, whose order ``OptimizerState`` explains:
///
///     for range in ranges where clipsByNorm { sums += g² }          // pass 1
///     for range in ranges where isLayerwise { prepare; sums += … }  // pass 2
///     for range in ranges {                                         // pass 3
///       gather                   // the mean of accumulated gradients
///       wrapping.begin           // such as Lookahead's first copy of the weights
///       clip; decay              // in pass 2 already if the optimizer is layerwise
///       optimizer.update
///       wrapping.end             // such as the moving average of the weights
///     }
///
/// The first pieces are matrices that are updated as a whole, the others hold segments.
final class UpdateLoop: Sendable {
  /// The arguments of the passes of a step.
  struct Work {
    let optimizer: any Optimizer
    let layerwise: (any LayerwiseOptimizer)?
    let matrixwise: (any MatrixOptimizer)?
    /// The optimizer, if it tells whether its results are finite, and they are those of the step.
    let examining: (any ExaminingOptimizer)?
    let parameters: MemoryView<Float>
    let gradients: MemoryView<Float>
    /// The slots of the optimizer.
    let slots: OptimizerSlots
    /// The effect of the wrappers.
    let wrapping: StepWrapping
    /// The bound of the gradients' magnitudes.
    let clippedValue: Float?
    /// Whether gradients are scaled by ``factors``.
    var scalesGradients = false
    /// Whether the gradients hold the means of the accumulated ones.
    var isGathered: Bool
    /// Whether gradients were clipped and weights decayed.
    var isPrepared = false
  }

  /// The coefficients and the learning rate of a group.
  struct GroupStep {
    var coefficients = StepCoefficients(0)
    var learningRate = 0.0
  }

  let groups: ParameterGroups
  private let examinedPieces: Int

  // Written by the caller between the pool's loops, and only read in them.
  nonisolated(unsafe) var work: Work?
  nonisolated(unsafe) var groupSteps: [GroupStep]
  /// The coefficients of each parameter, for a ``LayerwiseOptimizer``.
  nonisolated(unsafe) private var parameterCoefficients: [StepCoefficients] = []
  /// The arguments of ``examine(piece:)``.
  nonisolated(unsafe) var examined: (values: MemoryView<Float>, bound: Float)?
  /// A worker's memory for matrices.
  nonisolated(unsafe) private var scratch: [AlignedBuffer] = []

  /// One float a piece: 1 if a number in it was not below the bound, or not finite after the
  /// update. Each is written by the thread that runs the piece.
  private let flags: AlignedBuffer
  private let sumsBuffer: AlignedBuffer
  private let totalsBuffer: AlignedBuffer
  /// Two sums of each whole, then of each segment.
  private let sums: MemoryView<Double>
  /// Two numbers a parameter: the totals of the sums.
  private let totals: MemoryView<Double>
  /// The factor of each parameter's gradient.
  private let gradientFactors: MemoryView<Double>

  init(_ groups: ParameterGroups, parameterCount: Int, floatCount: Int) {
    self.groups = groups
    groupSteps = groups.groups.map { _ in GroupStep() }
    examinedPieces = (floatCount + OptimizerState.pieceSize - 1) / OptimizerState.pieceSize
    flags = AlignedBuffer(
      count: max(groups.wholes.count + groups.pieces.count, examinedPieces))
    sumsBuffer = AlignedBuffer(count: 4 * (groups.wholes.count + groups.segments.count))
    totalsBuffer = AlignedBuffer(count: 6 * parameterCount)
    sums = sumsBuffer.view.rebound(to: Double.self)
    let perParameter = totalsBuffer.view.rebound(to: Double.self)
    totals = perParameter[0..<2 * parameterCount]
    gradientFactors = perParameter[2 * parameterCount..<3 * parameterCount]
    parameterCoefficients = (0..<parameterCount).map { _ in StepCoefficients(0) }
  }

  var pieceCount: Int { groups.wholes.count + groups.pieces.count }
  var examinedPieceCount: Int { examinedPieces }

  /// Whether the last loop set no flag.
  func isClear(pieces: Int) -> Bool {
    let flags = flags.view
    return (0..<pieces).allSatisfy { flags.base[$0] == 0 }
  }

  /// Makes sure that each worker has memory for the largest matrix.
  func prepareScratch(workers: Int) {
    guard let matrixwise = work?.matrixwise, scratch.count < workers else { return }
    let count = groups.wholes.map { matrixwise.scratchCount(for: $0.matrix) }.max() ?? 0
    while scratch.count < workers { scratch.append(AlignedBuffer(count: count)) }
  }

  // MARK: The passes of a step, in this order

  /// Pass 1, for clipping by norm: sums the squares of the gradients.
  func sumGradients(piece: Int) {
    forEachRange(of: piece) { work, range, place, _, _ in
      gather(range, work)
      sums.base[2 * place] = ElementLoops.sumOfSquares(work.gradients[range])
      sums.base[2 * place + 1] = 0
    }
  }

  /// After pass 1: turns the sums into factors of the gradients.
  func setGradientFactors(_ clipping: GradientClipping) {
    addUpSums()
    for parameter in gradientFactors.indices { gradientFactors[parameter] = totals[2 * parameter] }
    clipping.factors(of: gradientFactors)
    work?.scalesGradients = true
    work?.isGathered = true
  }

  /// Pass 2, for a ``LayerwiseOptimizer``: clips, decays, and computes its sums.
  func prepare(piece: Int) {
    forEachRange(of: piece) { work, range, place, group, parameter in
      gather(range, work)
      clipAndDecay(range, group: group, parameter: parameter, work)
      let pair = work.layerwise?.prepare(
        parameters: work.parameters[range], gradients: work.gradients[range],
        slots: work.slots[range], coefficients: groupSteps[group].coefficients)
      sums.base[2 * place] = pair?.x ?? 0
      sums.base[2 * place + 1] = pair?.y ?? 0
    }
  }

  /// After pass 2: turns the sums into coefficients of the parameters.
  func setParameterCoefficients(_ parameters: [ParameterRange]) {
    guard let layerwise = work?.layerwise else { return }
    addUpSums()
    for segment in groups.segments {
      let (index, step) = (segment.parameter, groupSteps[segment.group])
      parameterCoefficients[index] = layerwise.coefficients(
        step.coefficients, sums: SIMD2(totals[2 * index], totals[2 * index + 1]),
        learningRate: step.learningRate,
        weightDecay: groups.groups[segment.group].weightDecay ?? 0, of: parameters[index])
    }
    work?.isGathered = true
    work?.isPrepared = true
  }

  /// Pass 3, always: updates the parameters and the state of the wrappers.
  func update(piece: Int, worker: Int) {
    var areFinite = true
    forEachRange(of: piece) { work, range, place, group, parameter in
      var isExamined = false
      let (parameters, gradients) = (work.parameters[range], work.gradients[range])
      let slots = work.slots[range]
      if work.wrapping.isUpdate {
        gather(range, work)
        if !work.isPrepared { clipAndDecay(range, group: group, parameter: parameter, work) }
        if place < groups.wholes.count {
          work.matrixwise?.update(
            groups.wholes[place].matrix, parameters: parameters, gradients: gradients,
            slots: slots, coefficients: groupSteps[group].coefficients,
            scratch: scratch[worker].view)
        } else if let examining = work.examining {
          isExamined = examining.examinedUpdate(
            parameters: parameters, gradients: gradients, slots: slots,
            coefficients: groupSteps[group].coefficients)
        } else {
          work.optimizer.update(
            parameters: parameters, gradients: gradients, slots: slots,
            coefficients: work.layerwise == nil
              ? groupSteps[group].coefficients : parameterCoefficients[parameter])
        }
      } else {
        work.wrapping.accumulate(range, gradients)
      }
      work.wrapping.end(range, parameters)
      // While the segment is in cache.
      let isFinite = isExamined || parameters.areFinite && slots.areFinite
      if !(isFinite && work.wrapping.areFinite(range)) { areFinite = false }
    }
    flags.view[piece] = areFinite ? 0 : 1
  }

  /// Calls the body for the ranges of a piece. `place` is the index of the range's sums: that of
  /// wholes, then of segments.
  @inline(__always)
  private func forEachRange(
    of piece: Int,
    _ body: (
      _ work: Work, _ range: Range<Int>, _ place: Int, _ group: Int, _ parameter: Int
    ) -> Void
  ) {
    guard let work else { fatalError("an update loop without work") }
    if piece < groups.wholes.count {
      let whole = groups.wholes[piece]
      return body(work, whole.range, piece, whole.group, whole.parameter)
    }
    for index in groups.pieces[piece - groups.wholes.count] {
      let segment = groups.segments[index]
      body(
        work, segment.range, groups.wholes.count + index, segment.group, segment.parameter)
    }
  }

  private func gather(_ range: Range<Int>, _ work: Work) {
    if !work.isGathered { work.wrapping.gather(range, work.gradients[range]) }
  }

  private func clipAndDecay(
    _ range: Range<Int>, group: Int, parameter: Int, _ work: Work
  ) {
    work.wrapping.begin(range, work.parameters[range])
    if let bound = work.clippedValue { ElementLoops.clip(work.gradients[range], to: bound) }
    if work.scalesGradients {
      let factor = Float(gradientFactors.base[parameter])
      if factor != 1 { ElementLoops.scale(work.gradients[range], by: factor) }
    }
    guard let decay = groups.groups[group].weightDecay, decay != 0,
      work.layerwise?.decaysWeights != true
    else { return }
    ElementLoops.decay(
      work.parameters[range], Float(decay), rate: Float(groupSteps[group].learningRate))
  }

  private func addUpSums() {
    totals.fill(0)
    for (place, whole) in groups.wholes.enumerated() { addUp(place, whole.parameter) }
    for (index, segment) in groups.segments.enumerated() {
      addUp(groups.wholes.count + index, segment.parameter)
    }
  }

  private func addUp(_ place: Int, _ parameter: Int) {
    totals[2 * parameter] += sums[2 * place]
    totals[2 * parameter + 1] += sums[2 * place + 1]
  }

  // MARK: Examination

  func examine(piece: Int) {
    guard let examined else { fatalError("an examination without values") }
    let start = piece * OptimizerState.pieceSize
    let end = min(start + OptimizerState.pieceSize, examined.values.count)
    flags.view[piece] = examined.values[start..<end].areBelow(examined.bound) ? 0 : 1
  }
}
