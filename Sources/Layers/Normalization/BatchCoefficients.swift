internal import CPinionKernels
internal import PinionTensor

/// The coefficients of a batch normalization at each place of its axis, (C,) each, in memory shared
/// by the phases of a step.
///
///     y  = factor·(x − mean) + offset
///     dx = factor·(dy + slope·(x − mean) + constant)
///
/// With exact numbers, mean = μ, factor = γ/√(σ² + ε), offset = β, slope = −dγ/(m·√(σ² + ε)) and
/// constant = −dβ/m. Floats need two corrections:
///
/// - ``rest`` is μ − mean, the rounding error of the mean; ``offset`` and ``constant`` correct for
///   it.
/// - Where values are so large or so far apart that x − μ could overflow or 1/√(σ² + ε) be a
///   denormal number, x is measured in a unit of 2⁶⁴: x·toUnit replaces it in both formulas, and
///   dx has the factor ``toUnit``, which is 1 elsewhere. ``mean``, ``rest``, ``inverse``,
///   ``factor`` and ``slope`` apply to values in that unit.
struct BatchCoefficients {
  /// Where Σ (x − μ)² or μ² exceeds this, values are measured in the larger unit, 2⁶⁴.
  private static let largestSquares = 0x1p200
  /// The factor that converts values to the larger unit.
  private static let toLargeUnit: Float = 0x1p-64

  /// μ, rounded.
  let mean: MemoryView<Float>
  /// The rounding error of ``mean``, which for a mean far from zero can be a large part of the
  /// standard deviation.
  let rest: MemoryView<Float>
  /// 1/√(σ² + ε).
  let inverse: MemoryView<Float>
  /// γ/√(σ² + ε).
  let factor: MemoryView<Float>
  /// β − γ/√(σ² + ε)·rest.
  let offset: MemoryView<Float>
  /// −dγ/(m·√(σ² + ε)), with m values of the place in the batch.
  let slope: MemoryView<Float>
  /// −dβ/m − slope·rest.
  let constant: MemoryView<Float>
  /// The factor that converts values to the unit of their place: 1 or 2⁻⁶⁴.
  let toUnit: MemoryView<Float>
  /// A single number: not 0 if the unit of a place is not 1.
  private let largeUnits: MemoryView<Float>

  static func floats(_ count: Int) -> Int { 8 * count + 1 }

  init(_ memory: MemoryView<Float>, count: Int) {
    func part(_ index: Int) -> MemoryView<Float> { memory[index * count..<(index + 1) * count] }
    (mean, inverse, factor) = (part(0), part(1), part(2))
    (offset, slope, constant, rest) = (part(3), part(4), part(5), part(6))
    toUnit = part(7)
    largeUnits = memory[8 * count..<8 * count + 1]
  }

  /// Whether the unit of a place is not 1.
  var hasLargeUnits: Bool { largeUnits.base[0] != 0 }

  /// Sets all coefficients except ``slope`` and ``constant`` from μ, σ², γ and β of each place.
  ///
  /// - Parameter elements: The number of values of a place, if the variance is that of these
  ///   values: it bounds Σ (x − μ)². Default: 0, for moving averages.
  func set(
    mean: (Int) -> Double, variance: (Int) -> Double, elements: Int = 0, epsilon: Double,
    gamma: MemoryView<Float>?, beta: MemoryView<Float>?
  ) {
    largeUnits[0] = 0
    for c in self.mean.indices {
      let isLarge =
        variance(c) * Double(elements) > Self.largestSquares
        || mean(c) * mean(c) > Self.largestSquares
      toUnit[c] = isLarge ? Self.toLargeUnit : 1
      if isLarge { largeUnits[0] = 1 }
      let toUnit = Double(toUnit[c])
      let inverse = 1 / (variance(c) + epsilon).squareRoot() / toUnit
      let mean = mean(c) * toUnit
      let remainder = mean - Double(Float(mean))
      let product = inverse * Double(gamma?[c] ?? 1)
      self.mean[c] = Float(mean)
      rest[c] = Float(remainder)
      self.inverse[c] = Float(inverse)
      factor[c] = Float(product)
      offset[c] = Float(Double(beta?[c] ?? 0) - product * remainder)
    }
  }

  /// Sets ``slope`` and ``constant`` from dβ = Σ dy and dγ = Σ dy·x̂ over m = `elements` values a
  /// place.
  ///
  /// The factor γ/√(σ² + ε) is applied last: the terms of dy − mean(dy) − x̂·mean(dy·x̂) then
  /// cancel to exactly 0 where the gradient is 0, as with a single value. Otherwise an optimizer
  /// that divides by the gradient's magnitude would make full steps of rounding errors.
  func setGradient(dBeta: MemoryView<Double>, dGamma: MemoryView<Double>, elements: Int) {
    for c in mean.indices {
      let slope = -Double(inverse[c]) * dGamma[c] / Double(elements)
      self.slope[c] = Float(slope)
      constant[c] = Float(-dBeta[c] / Double(elements) - slope * Double(rest[c]))
    }
  }

  /// y = factor·(x − mean) + offset; y may be x.
  func normalize(
    _ x: MemoryView<Float>, into y: MemoryView<Float>, layout: AxisLayout, samples: Int
  ) {
    require(
      x.count == y.count && x.count == samples * layout.outer * layout.count * layout.inner,
      "values of another shape")
    if hasLargeUnits { return normalizeInLargeUnit(x, into: y, layout: layout, samples: samples) }
    // Each row has one value of each place.
    if layout.inner == 1 {
      return pinion_normalize_places(
        x.base, samples * layout.outer, layout.count, mean.base, factor.base, offset.base, y.base)
    }
    layout.forEachRun(samples: samples) { start, c in
      pinion_normalize(
        x.base + start, layout.inner, mean[c], factor[c], offset[c], y.base + start)
    }
  }

  /// dx = factor·toUnit·dy, where mean and variance do not depend on x; dx may be dy.
  func propagateInference(
    _ dy: MemoryView<Float>, into dx: MemoryView<Float>, layout: AxisLayout, samples: Int
  ) {
    require(
      dy.count == dx.count && dy.count == samples * layout.outer * layout.count * layout.inner,
      "gradients of another shape")
    layout.forEachRun(samples: samples) { start, c in
      let factor = factor.base[c] * toUnit.base[c]
      for i in start..<start + layout.inner { dx.base[i] = factor * dy.base[i] }
    }
  }

  /// dx = factor·(dy + slope·(x − mean) + constant); dx may be dy.
  func propagate(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, into dx: MemoryView<Float>,
    layout: AxisLayout, samples: Int
  ) {
    require(x.count == dy.count && x.count == dx.count, "values and gradients of different lengths")
    if hasLargeUnits {
      return propagateInLargeUnit(dy, x, into: dx, layout: layout, samples: samples)
    }
    // Each row has one value of each place.
    if layout.inner == 1 {
      return pinion_normalize_places_gradient(
        dy.base, x.base, samples * layout.outer, layout.count, mean.base, factor.base, slope.base,
        constant.base, dx.base)
    }
    layout.forEachRun(samples: samples) { start, c in
      pinion_normalize_gradient(
        dy.base + start, x.base + start, layout.inner, mean[c], factor[c], slope[c], constant[c],
        dx.base + start)
    }
  }

  // MARK: Places that are measured in the larger unit; rare

  private func normalizeInLargeUnit(
    _ x: MemoryView<Float>, into y: MemoryView<Float>, layout: AxisLayout, samples: Int
  ) {
    layout.forEachRun(samples: samples) { start, c in
      for i in start..<start + layout.inner {
        y.base[i] = factor.base[c] * (x.base[i] * toUnit.base[c] - mean.base[c]) + offset.base[c]
      }
    }
  }

  private func propagateInLargeUnit(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, into dx: MemoryView<Float>,
    layout: AxisLayout, samples: Int
  ) {
    layout.forEachRun(samples: samples) { start, c in
      let (toUnit, slope, constant) = (toUnit.base[c], slope.base[c], constant.base[c])
      for i in start..<start + layout.inner {
        let bracket = dy.base[i] + (slope * (x.base[i] * toUnit - mean.base[c]) + constant)
        dx.base[i] = factor.base[c] * toUnit * bracket
      }
    }
  }
}

/// Where a program keeps the coefficients.
struct CoefficientsHandle: Sendable {
  private let memory: MemoryHandle<Float>
  private let count: Int

  init(_ scope: MemoryScope, count: Int, in program: inout LayerProgram) {
    memory = program.reserve(scope, count: BatchCoefficients.floats(count))
    self.count = count
  }

  subscript(context: LayerContext) -> BatchCoefficients {
    BatchCoefficients(context[memory], count: count)
  }
}
