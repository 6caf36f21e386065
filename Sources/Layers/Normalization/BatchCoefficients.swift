internal import CPinionKernels
internal import PinionTensor

/// What a batch normalisation multiplies and adds at each place of its axis, in memory shared by the phases of a step.
struct BatchCoefficients {
  /// μ, rounded.
  let mean: MemoryView<Float>
  /// What rounding took off μ: of a mean far from zero a good part of the standard deviation.
  let rest: MemoryView<Float>
  /// 1/√(σ² + ε).
  let inverse: MemoryView<Float>
  /// γ/√(σ² + ε).
  let factor: MemoryView<Float>
  /// β − γ/√(σ² + ε)·rest.
  let offset: MemoryView<Float>
  /// Of the gradient: dx = factor·dy + slope·(x − mean) + constant.
  let slope: MemoryView<Float>
  let constant: MemoryView<Float>

  static func floats(_ count: Int) -> Int { 7 * count }

  init(_ memory: MemoryView<Float>, count: Int) {
    func part(_ index: Int) -> MemoryView<Float> { memory[index * count..<(index + 1) * count] }
    (mean, inverse, factor) = (part(0), part(1), part(2))
    (offset, slope, constant, rest) = (part(3), part(4), part(5), part(6))
  }

  func set(
    mean: (Int) -> Double, variance: (Int) -> Double, epsilon: Double, gamma: MemoryView<Float>?,
    beta: MemoryView<Float>?
  ) {
    for c in self.mean.indices {
      let inverse = 1 / (variance(c) + epsilon).squareRoot()
      let remainder = mean(c) - Double(Float(mean(c)))
      let product = inverse * Double(gamma?[c] ?? 1)
      self.mean[c] = Float(mean(c))
      rest[c] = Float(remainder)
      self.inverse[c] = Float(inverse)
      factor[c] = Float(product)
      offset[c] = Float(Double(beta?[c] ?? 0) - product * remainder)
    }
  }

  /// From Σ dy and Σ dy·x̂ over `elements` values a place.
  func setGradient(
    _ sums: (gradients: MemoryView<Double>, products: MemoryView<Double>), elements: Int,
    gamma: MemoryView<Float>?
  ) {
    for c in mean.indices {
      let factor = Double(inverse[c]) * Double(gamma?[c] ?? 1)
      let slope = -factor * Double(inverse[c]) * sums.products[c] / Double(elements)
      self.slope[c] = Float(slope)
      constant[c] = Float(-factor * sums.gradients[c] / Double(elements) - slope * Double(rest[c]))
    }
  }

  /// y = factor·(x − mean) + offset; y may be x.
  func normalize(
    _ x: MemoryView<Float>, into y: MemoryView<Float>, layout: AxisLayout, images: Int
  ) {
    require(
      x.count == y.count && x.count == images * layout.outer * layout.count * layout.inner,
      "values of another shape")
    if layout.inner == 1 {
      let (m, f, b) = (mean.base, factor.base, offset.base)
      for row in 0..<images * layout.outer {
        let (source, target) = (x.base + row * layout.count, y.base + row * layout.count)
        for c in 0..<layout.count { target[c] = f[c] * (source[c] - m[c]) + b[c] }
      }
      return
    }
    layout.forEachRun(images: images) { start, c in
      pinion_normalize(
        x.base + start, layout.inner, mean[c], factor[c], offset[c], y.base + start)
    }
  }

  /// dx = factor·dy + slope·(x − mean) + constant; dx may be dy.
  func propagate(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, into dx: MemoryView<Float>,
    layout: AxisLayout, images: Int
  ) {
    require(x.count == dy.count && x.count == dx.count, "values and gradients of different lengths")
    if layout.inner == 1 {
      let (m, f, s, k) = (mean.base, factor.base, slope.base, constant.base)
      for row in 0..<images * layout.outer {
        let place = row * layout.count
        let (value, gradient, target) = (x.base + place, dy.base + place, dx.base + place)
        for c in 0..<layout.count {
          target[c] = f[c] * gradient[c] + s[c] * (value[c] - m[c]) + k[c]
        }
      }
      return
    }
    layout.forEachRun(images: images) { start, c in
      pinion_normalize_gradient(
        dy.base + start, x.base + start, layout.inner, mean[c], factor[c], slope[c], constant[c],
        dx.base + start)
    }
  }
}
