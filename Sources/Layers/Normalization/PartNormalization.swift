internal import CPinionKernels
internal import PinionTensor

/// The passes of the layers that normalize parts of a sample by their own statistics:
/// x̂ = (x − μ)·f, y = γ·x̂ + β.
///
/// A part is gathered to (rows, width) if its values are not contiguous.
struct PartNormalization: Sendable {
  /// The definition of μ and f over the n values of a part.
  enum Statistics: Sendable {
    /// The mean, and 1/√(Σ (x − μ)²/n + ε).
    case moments(epsilon: Double)
    /// 0, and 1/√(Σ x²/n + ε).
    case meanSquare(epsilon: Double)
    /// 0, and 1/√(Σ x²), at most `limit`.
    case length(limit: Double)
  }

  private let statistics: Statistics
  /// Part p starts at p / inner · outerStep + p % inner · innerStep.
  private let count, inner, outerStep, innerStep: Int
  /// A part is `runs` runs of `length` contiguous values, `runStep` apart.
  private let runs, length, runStep: Int
  /// The shape of a part in which γ and β are as long as a row.
  private let rows, width: Int
  /// The distance between the γ of neighboring parts.
  private let parameterStep: Int
  /// The axis, or axes, of γ and β.
  private let layout: AxisLayout
  /// The number of repetitions of each γ in a row.
  private let repetitions: Int

  /// Parts along an axis, or several that are treated as one, with γ and β of their shape.
  init(along layout: AxisLayout, _ statistics: Statistics) {
    (self.statistics, self.layout) = (statistics, layout)
    (count, inner) = (layout.outer * layout.inner, layout.inner)
    (outerStep, innerStep) = (layout.count * layout.inner, 1)
    (runs, length) = layout.inner == 1 ? (1, layout.count) : (layout.count, 1)
    runStep = layout.inner
    (rows, width) = (1, layout.count)
    (parameterStep, repetitions) = (0, 1)
  }

  /// Parts of neighboring indices of an axis and all other axes, with γ and β for each index.
  init(groups: Int, of layout: AxisLayout, _ statistics: Statistics) {
    (self.statistics, self.layout) = (statistics, layout)
    (count, inner) = (groups, groups)
    length = layout.count / groups * layout.inner
    (outerStep, innerStep) = (0, length)
    (runs, runStep) = (layout.outer, layout.count * layout.inner)
    (rows, width) = (layout.outer, length)
    (parameterStep, repetitions) = (length, layout.inner)
  }

  private var size: Int { runs * length }
  private var isGathered: Bool { runs > 1 && runStep != length }

  /// The most values of a row for a kernel that takes all rows of a call at once.
  private static let rowLimit = 1_024

  /// The statistics for that kernel, if parts are rows that follow one another, with the same γ and
  /// β.
  private func rowStatistics(
    gamma: UnsafeMutablePointer<Float>?, beta: UnsafeMutablePointer<Float>?
  ) -> pinion_row_statistics? {
    guard runs == 1, rows == 1, inner == 1, repetitions == 1, size <= Self.rowLimit else {
      return nil
    }
    let (hasMean, epsilon): (Bool, Double)
    switch statistics {
    case .moments(let added): (hasMean, epsilon) = (true, added)
    case .meanSquare(let added): (hasMean, epsilon) = (false, added)
    case .length: return nil
    }
    return pinion_row_statistics(
      width: size, has_mean: hasMean ? 1 : 0, epsilon: epsilon,
      gamma: gamma.map { UnsafePointer($0) }, beta: beta.map { UnsafePointer($0) })
  }

  /// The handles of a layer's program.
  private struct Memory: Sendable {
    let gamma, beta: ParameterHandle?
    /// (parts, 3): the scaling of each part.
    let kept: MemoryHandle<Float>?
    /// Parts of x and of dy, then repeated γ and β and their gradients.
    let scratch: MemoryHandle<Float>
  }

  /// The program of a layer with parameters of the given names.
  func program(_ pass: LayerPass, gamma: String?, beta: String?) -> LayerProgram {
    var program = LayerProgram(pass)
    let isTraining = pass.mode == .training
    program.outputMemory = isTraining ? .separate : .inPlace
    let spread = repetitions > 1 ? 4 * layout.count * repetitions : 0
    let memory = Memory(
      gamma: gamma.map { program.parameter($0) }, beta: beta.map { program.parameter($0) },
      kept: isTraining ? program.reserve(.kept, count: 3 * count) : nil,
      scratch: program.reserve(.scratch, count: max(1, (isGathered ? 2 * size : 0) + spread)))
    // A constant added to each channel cancels in x − μ if each part has one channel, and is what β
    // adds if there is one for each channel; see `VanishingGradients`.
    let channels = pass.inputs[0].last ?? 1
    let haveOneChannel = channels == 1 || length == 1 && runStep % channels == 0
    if case .moments = statistics, haveOneChannel { program.channelShift = .vanishes }
    if layout.inner == 1, layout.count == channels { program.shiftParameter = memory.beta }
    program.forward = [.samples { forward($0, memory) }]
    program.backward = [.samples { backward($0, memory) }]
    return program
  }

  private func forward(_ context: LayerContext, _ memory: Memory) {
    let (x, y, scratch) = (context.inputs[0], context.output, context[memory.scratch])
    let gamma = repeated(memory.gamma.map { context[$0] }, scratch, 0)
    let beta = repeated(memory.beta.map { context[$0] }, scratch, 1)
    let kept = memory.kept.map { context[$0] }
    let sample = context.pass.output.elementCount
    require(x.count == context.sampleCount * sample && y.count == x.count, "a sample's length")
    if var statistics = rowStatistics(gamma: gamma, beta: beta) {
      return pinion_normalize_each_row(
        x.base, x.count / size, &statistics,
        kept?.rebound(to: pinion_scaling.self).base, y.base)
    }
    forEachPart(samples: context.sampleCount, of: sample) { index, number, start in
      let values = gathered(x.base + start, into: scratch.base)
      let scaling = scaling(of: values)
      if let kept {
        kept[3 * index] = scaling.center
        kept[3 * index + 1] = scaling.factor
        kept[3 * index + 2] = scaling.shift
      }
      let part = part(number, scaling, gamma)
      let offset = number * parameterStep
      let results = isGathered ? scratch.base : y.base + start
      pinion_normalize_rows(values, part, beta.map { UnsafePointer($0 + offset) }, results)
      if isGathered { scatter(results, to: y.base + start) }
    }
  }

  private func backward(_ context: LayerContext, _ memory: Memory) {
    guard let kept = memory.kept.map({ context[$0] }) else { return }
    let (x, dy, dx) = (context.inputs[0], context.outputGradient, context.inputGradients[0])
    let (scratch, isTrainable) = (context[memory.scratch], context.pass.isTrainable)
    let gamma = repeated(memory.gamma.map { context[$0] }, scratch, 0)
    let gammaGradient = isTrainable ? memory.gamma.map { context.gradient(of: $0) } : nil
    let betaGradient = isTrainable ? memory.beta.map { context.gradient(of: $0) } : nil
    let (gammaSums, betaSums) = (sums(gammaGradient, scratch, 2), sums(betaGradient, scratch, 3))
    let sample = context.pass.output.elementCount
    require(x.count == context.sampleCount * sample && dy.count == x.count, "a sample's length")
    if var statistics = rowStatistics(gamma: gamma, beta: nil) {
      return pinion_propagate_each_row(
        dy.base, x.base, x.count / size, &statistics,
        kept.rebound(to: pinion_scaling.self).base,
        pinion_row_gradients(gamma: gammaGradient?.base, beta: betaGradient?.base), dx?.base)
    }
    forEachPart(samples: context.sampleCount, of: sample) { index, number, start in
      let values = gathered(x.base + start, into: scratch.base)
      let slopes = gathered(dy.base + start, into: scratch.base + size)
      let scaling = pinion_scaling(
        center: kept[3 * index], factor: kept[3 * index + 1], shift: kept[3 * index + 2])
      let part = part(number, scaling, gamma)
      let offset = number * parameterStep
      var (sum, products) = (0.0, 0.0)
      pinion_normalized_rows_sums(
        slopes, values, part, &sum, &products, gammaSums.map { $0 + offset },
        betaSums.map { $0 + offset })
      guard let dx else { return }
      let (mean, slope) = correction(sum, products, scaling)
      let results = isGathered ? scratch.base : dx.base + start
      pinion_normalized_rows_gradient(slopes, values, part, mean, slope, results)
      if isGathered { scatter(results, to: dx.base + start) }
    }
    addRepeated(gammaSums, to: gammaGradient)
    addRepeated(betaSums, to: betaGradient)
  }

  /// The statistics of a part's values.
  private func scaling(of values: UnsafePointer<Float>) -> pinion_scaling {
    var factor: Double
    switch statistics {
    case .moments(let epsilon):
      var (mean, variance) = (0.0, 0.0)
      pinion_moments(values, size, &mean, &variance)
      factor = 1 / (variance + epsilon).squareRoot()
      let center = Float(mean)
      return pinion_scaling(
        center: center, factor: Float(factor), shift: Float((Double(center) - mean) * factor))
    case .meanSquare(let epsilon):
      factor = 1 / (pinion_square_sum(values, size) / Double(size) + epsilon).squareRoot()
    case .length(let limit):
      factor = 1 / pinion_square_sum(values, size).squareRoot()
      if factor > limit { factor = limit }
    }
    return pinion_scaling(center: 0, factor: Float(factor), shift: 0)
  }

  /// The mean and the slope in dx = f·(g − mean − slope·x̂) with g = γ·dy, from Σ g and Σ g·x̂.
  private func correction(
    _ sum: Double, _ products: Double, _ scaling: pinion_scaling
  ) -> (mean: Float, slope: Float) {
    let n = Double(size)
    switch statistics {
    case .moments: return (Float(sum / n), Float(products / n))
    case .meanSquare: return (0, Float(products / n))
    case .length(let limit):
      // At the limit, the factor is a constant.
      guard scaling.factor < Float(limit) else { return (0, 0) }
      // One value becomes ±1, with a gradient of exactly 0; g − slope·x̂ would be a rounding error.
      return size == 1 ? (Float(sum), 0) : (0, Float(products))
    }
  }

  // MARK: Memory

  /// Calls `body` with each part's index across the samples of a call, its number within its sample
  /// and its start, without the divisions that these would take: a part may be a short row.
  @inline(__always)
  private func forEachPart(
    samples: Int, of elements: Int, _ body: (_ index: Int, _ number: Int, _ start: Int) -> Void
  ) {
    var index = 0
    for sample in 0..<samples {
      var number = 0
      var outer = sample * elements
      while number < count {
        for place in 0..<inner {
          body(index, number, outer + place * innerStep)
          index += 1
          number += 1
        }
        outer += outerStep
      }
    }
  }

  private func part(
    _ number: Int, _ scaling: pinion_scaling, _ gamma: UnsafeMutablePointer<Float>?
  ) -> pinion_normalized_rows {
    pinion_normalized_rows(
      rows: rows, width: width, scaling: scaling,
      gamma: gamma.map { UnsafePointer($0 + number * parameterStep) })
  }

  private func gathered(
    _ part: UnsafeMutablePointer<Float>, into scratch: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    guard isGathered else { return UnsafePointer(part) }
    for run in 0..<runs {
      let (from, to) = (part + run * runStep, scratch + run * length)
      for i in 0..<length { to[i] = from[i] }
    }
    return UnsafePointer(scratch)
  }

  private func scatter(
    _ values: UnsafeMutablePointer<Float>, to part: UnsafeMutablePointer<Float>
  ) {
    for run in 0..<runs {
      let (from, to) = (values + run * length, part + run * runStep)
      for i in 0..<length { to[i] = from[i] }
    }
  }

  /// The place in the scratch memory of repeated γ and β, and of their gradients.
  private func place(
    _ number: Int, in scratch: MemoryView<Float>
  ) -> UnsafeMutablePointer<Float> {
    scratch.base + (isGathered ? 2 * size : 0) + number * layout.count * repetitions
  }

  private func repeated(
    _ parameter: MemoryView<Float>?, _ scratch: MemoryView<Float>, _ number: Int
  ) -> UnsafeMutablePointer<Float>? {
    guard let parameter, repetitions > 1 else { return parameter?.base }
    let target = place(number, in: scratch)
    for c in 0..<layout.count {
      for i in 0..<repetitions { target[c * repetitions + i] = parameter.base[c] }
    }
    return target
  }

  /// The memory for sums of the gradients of repeated parameters.
  private func sums(
    _ gradient: MemoryView<Float>?, _ scratch: MemoryView<Float>, _ number: Int
  ) -> UnsafeMutablePointer<Float>? {
    guard gradient != nil, repetitions > 1 else { return gradient?.base }
    let target = place(number, in: scratch)
    target.update(repeating: 0, count: layout.count * repetitions)
    return target
  }

  private func addRepeated(
    _ sums: UnsafeMutablePointer<Float>?, to gradient: MemoryView<Float>?
  ) {
    guard let sums, let gradient, repetitions > 1 else { return }
    for c in 0..<layout.count {
      var sum: Float = 0
      for i in 0..<repetitions { sum += sums[c * repetitions + i] }
      gradient.base[c] += sum
    }
  }
}
