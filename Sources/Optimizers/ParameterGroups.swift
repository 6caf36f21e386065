internal import PinionTensor

/// The parameters divided into groups of equal hyperparameters, and the pieces of the flat buffer
/// that threads update.
///
/// If no step needs a parameter as a whole, the buffer is cut every ``OptimizerState/pieceSize``
/// floats; a piece is cut further where the group changes. Without rules there is one group, and
/// each piece is one segment. Otherwise each parameter is cut from its own first float on, so that
/// its norm does not depend on its place, and a piece holds segments of one or more parameters.
struct ParameterGroups: Sendable {
  struct Hyperparameters: Sendable, Equatable {
    var learningRateMultiplier: Double
    var weightDecay: Double?
  }

  struct Segment: Sendable, Equatable {
    let range: Range<Int>
    let group: Int
    /// The index of the parameter; of several, the first.
    let parameter: Int
  }

  /// A parameter that is updated as a whole, in a piece of its own.
  struct Whole: Sendable, Equatable {
    let range: Range<Int>
    let group: Int
    let parameter: Int
    let matrix: MatrixShape
  }

  /// The hyperparameters of each group; there is at least one group.
  private(set) var groups: [Hyperparameters] = []
  /// The segments of all pieces in the order of the buffer.
  private(set) var segments: [Segment] = []
  /// The segments of each piece.
  private(set) var pieces: [Range<Int>] = []
  /// The parameters that a ``MatrixOptimizer`` updates as a whole, the largest first.
  private(set) var wholes: [Whole] = []

  /// - Precondition: The ranges of the parameters follow each other from 0 on.
  init(_ parameters: [ParameterRange], optimizer: any Optimizer, looksAtParameters: Bool) {
    var blocks: [Segment] = []
    var end = 0
    for (index, parameter) in parameters.enumerated() where !parameter.range.isEmpty {
      require(
        parameter.range.lowerBound == end, "a gap before the parameter \"\(parameter.name)\"")
      end = parameter.range.upperBound
      let group = self.index(of: Self.hyperparameters(of: parameter, optimizer))
      if let matrix = (optimizer as? any MatrixOptimizer)?.matrix(of: parameter) {
        wholes.append(Whole(range: parameter.range, group: group, parameter: index, matrix: matrix))
      } else if !looksAtParameters, let last = blocks.last, last.group == group,
        last.range.upperBound == parameter.range.lowerBound
      {
        blocks[blocks.count - 1] = Segment(
          range: last.range.lowerBound..<end, group: group, parameter: last.parameter)
      } else {
        blocks.append(Segment(range: parameter.range, group: group, parameter: index))
      }
    }
    if groups.isEmpty { groups = [Hyperparameters(learningRateMultiplier: 1)] }
    // The order of equal ones is that of the buffer: the sort is stable.
    wholes.sort { $0.range.count > $1.range.count }
    if looksAtParameters { cutParameters(blocks) } else { cutBuffer(blocks, count: end) }
  }

  private static func hyperparameters(
    of parameter: ParameterRange, _ optimizer: any Optimizer
  ) -> Hyperparameters {
    let rules = optimizer.parameterRules.filter { $0.selects(parameter) }
    let own =
      (optimizer as? any MatrixOptimizer)?.weightDecay(of: parameter) ?? optimizer.weightDecay
    return Hyperparameters(
      learningRateMultiplier: rules.last { $0.learningRateMultiplier != nil }?
        .learningRateMultiplier ?? 1,
      weightDecay: rules.last { $0.weightDecay != nil }?.weightDecay ?? own)
  }

  private mutating func cutBuffer(_ blocks: [Segment], count: Int) {
    var first = 0
    for start in stride(from: 0, to: count, by: OptimizerState.pieceSize) {
      let piece = start..<min(start + OptimizerState.pieceSize, count)
      while first < blocks.count, blocks[first].range.upperBound <= start { first += 1 }
      let firstSegment = segments.count
      for block in blocks[first...].prefix(while: { $0.range.lowerBound < piece.upperBound }) {
        segments.append(
          Segment(
            range: block.range.clamped(to: piece), group: block.group, parameter: block.parameter))
      }
      if segments.count > firstSegment { pieces.append(firstSegment..<segments.count) }
    }
  }

  private mutating func cutParameters(_ blocks: [Segment]) {
    var (first, size) = (0, 0)
    for block in blocks {
      for start in stride(
        from: block.range.lowerBound, to: block.range.upperBound, by: OptimizerState.pieceSize)
      {
        let range = start..<min(start + OptimizerState.pieceSize, block.range.upperBound)
        if size + range.count > OptimizerState.pieceSize, size > 0 {
          pieces.append(first..<segments.count)
          (first, size) = (segments.count, 0)
        }
        segments.append(Segment(range: range, group: block.group, parameter: block.parameter))
        size += range.count
      }
    }
    if first < segments.count { pieces.append(first..<segments.count) }
  }

  private mutating func index(of hyperparameters: Hyperparameters) -> Int {
    if let index = groups.firstIndex(of: hyperparameters) { return index }
    groups.append(hyperparameters)
    return groups.count - 1
  }
}
