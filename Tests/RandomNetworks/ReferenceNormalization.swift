import PinionLayers

/// Normalizations: y = γ·x̂ + β with x̂ = (x − μ)/√(v + ε), where μ and v are those of a part of
/// the batch, or 0 and the mean square.
extension ReferenceNetwork {
  /// The part of the batch that each value belongs to, and its γ and β.
  struct Parts {
    let parts, places: [Int]
    let placeCount: Int
    let epsilon: Number
    var isCentered = true
    var gamma: String? = "gamma"
    var beta: String? = "beta"
  }

  func normalization(_ layer: any Layer, _ call: Call) -> Result? {
    let shape = call.shape
    let size = shape.reduce(1, *)
    func along(_ axis: ReferenceAxis) -> [Int] {
      call.x.indices.map { $0 / (axis.count * axis.inner) * axis.inner + $0 % axis.inner }
    }
    switch layer {
    case let layer as BatchNormalization:
      let axis = ReferenceAxis(shape, layer.axis)
      let places = call.x.indices.map { axis.place($0) }
      let parts = Parts(
        parts: places, places: places, placeCount: axis.count, epsilon: Number(layer.epsilon))
      guard call.step != nil else { return inferred(call, parts) }
      let (mean, variance) = moments(call.x, parts)
      let keep = Number(layer.momentum)
      for (name, now) in [("moving_mean", mean), ("moving_variance", variance)] {
        let moving = parameter(call, name) ?? []
        parameters["\(call.node.name)/\(name)"] = zip(moving, now).map {
          $0 * keep + $1 * (1 - keep)
        }
      }
      return normalized(call, parts)
    case let layer as LayerNormalization:
      let axis = ReferenceAxis(shape, layer.axes)
      return normalized(
        call,
        Parts(
          parts: along(axis), places: call.x.indices.map { axis.place($0) },
          placeCount: axis.count, epsilon: Number(layer.epsilon)))
    case let layer as GroupNormalization:
      let axis = ReferenceAxis(shape, layer.axis)
      let groups = layer.groups == -1 ? axis.count : layer.groups
      let places = call.x.indices.map { axis.place($0) }
      return normalized(
        call,
        Parts(
          parts: call.x.indices.map { $0 / size * groups + places[$0] / (axis.count / groups) },
          places: places, placeCount: axis.count, epsilon: Number(layer.epsilon)))
    case let layer as RMSNormalization:
      let axis = ReferenceAxis(shape, layer.axis)
      return normalized(
        call,
        Parts(
          parts: along(axis), places: call.x.indices.map { axis.place($0) },
          placeCount: axis.count, epsilon: Number(layer.epsilon), isCentered: false,
          gamma: "scale", beta: nil))
    case let layer as UnitNormalization:
      return ofUnitLength(call, along(ReferenceAxis(shape, layer.axes)))
    case let layer as Rescaling:
      let (scale, offset) = (Number(layer.scale), Number(layer.offset))
      return affine(call, factor: { _ in scale }, offset: { _ in offset })
    case let layer as Normalization:
      let axis = ReferenceAxis(shape, layer.axis)
      let factors = layer.variance.map { 1 / max(Number($0).squareRoot(), 1e-7) }
      let offsets = zip(layer.mean, factors).map { -Number($0) * $1 }
      return affine(
        call, factor: { factors[axis.place($0)] }, offset: { offsets[axis.place($0)] })
    default: return nil
    }
  }

  private func normalized(_ call: Call, _ parts: Parts) -> Result {
    let (x, part) = (call.x, parts.parts)
    let (mean, variance) = moments(x, parts)
    let factors = variance.map { 1 / ($0 + parts.epsilon).squareRoot() }
    let values = x.indices.map { (x[$0] - mean[part[$0]]) * factors[part[$0]] }
    let gamma = parts.gamma.flatMap { parameter(call, $0) }
    let m = counts(parts).map { Number($0) }
    return Result(shape: call.shape, values: scaled(call, values, parts)) { [self] dy in
      recordScales(call, dy, values, parts)
      let g = dy.indices.map { (gamma?[parts.places[$0]] ?? 1) * dy[$0] }
      var sums = m.map { _ in Number(0) }
      var products = sums
      for i in g.indices {
        sums[part[i]] += g[i]
        products[part[i]] += g[i] * values[i]
      }
      return [
        g.indices.map { i in
          let p = part[i]
          let common = parts.isCentered ? sums[p] / m[p] : 0
          return factors[p] * (g[i] - common - values[i] * (products[p] / m[p]))
        }
      ]
    }
  }

  /// By the moving averages.
  private func inferred(_ call: Call, _ parts: Parts) -> Result {
    let (mean, variance) = (
      parameter(call, "moving_mean") ?? [], parameter(call, "moving_variance") ?? []
    )
    let x = call.x
    let values = x.indices.map {
      let c = parts.places[$0]
      return (x[$0] - mean[c]) / (variance[c] + parts.epsilon).squareRoot()
    }
    return Result(shape: call.shape, values: scaled(call, values, parts)) { _ in
      fatalError("a backward pass of inference")
    }
  }

  private func scaled(_ call: Call, _ values: [Number], _ parts: Parts) -> [Number] {
    let (gamma, beta) = (
      parts.gamma.flatMap { parameter(call, $0) }, parts.beta.flatMap { parameter(call, $0) }
    )
    return values.indices.map {
      let c = parts.places[$0]
      return (gamma?[c] ?? 1) * values[$0] + (beta?[c] ?? 0)
    }
  }

  private func recordScales(
    _ call: Call, _ dy: [Number], _ values: [Number], _ parts: Parts
  ) {
    var (gamma, beta) = (Sum(count: parts.placeCount), Sum(count: parts.placeCount))
    for i in dy.indices {
      gamma.add(dy[i] * values[i], at: parts.places[i])
      beta.add(dy[i], at: parts.places[i])
    }
    if let name = parts.gamma, parameter(call, name) != nil { record(call, name, gamma) }
    if let name = parts.beta, parameter(call, name) != nil { record(call, name, beta) }
  }

  private func counts(_ parts: Parts) -> [Int] {
    var counts = [Int](repeating: 0, count: (parts.parts.max() ?? -1) + 1)
    for part in parts.parts { counts[part] += 1 }
    return counts
  }

  private func moments(_ x: [Number], _ parts: Parts) -> ([Number], [Number]) {
    let m = counts(parts)
    var mean = m.map { _ in Number(0) }
    var variance = mean
    if parts.isCentered {
      for i in x.indices { mean[parts.parts[i]] += x[i] }
      for p in mean.indices { mean[p] /= Number(m[p]) }
    }
    for i in x.indices {
      let difference = x[i] - mean[parts.parts[i]]
      variance[parts.parts[i]] += difference * difference
    }
    for p in variance.indices { variance[p] /= Number(m[p]) }
    return (mean, variance)
  }

  /// y = x/|x|, where |x| is not tiny.
  private func ofUnitLength(_ call: Call, _ parts: [Int]) -> Result {
    func sums(_ values: [Number]) -> [Number] {
      var sums = [Number](repeating: 0, count: (parts.max() ?? -1) + 1)
      for (i, value) in values.enumerated() { sums[parts[i]] += value }
      return sums
    }
    let factors = sums(call.x.map { $0 * $0 }).map { min(1 / $0.squareRoot(), 1e12) }
    let y = call.x.indices.map { call.x[$0] * factors[parts[$0]] }
    return Result(shape: call.shape, values: y) { dy in
      let products = sums(zip(dy, y).map { $0 * $1 })
      return [dy.indices.map { factors[parts[$0]] * (dy[$0] - y[$0] * products[parts[$0]]) }]
    }
  }

  private func affine(
    _ call: Call, factor: @escaping (Int) -> Number, offset: (Int) -> Number
  ) -> Result {
    Result(
      shape: call.shape, values: call.x.indices.map { call.x[$0] * factor($0) + offset($0) }
    ) { dy in [dy.indices.map { dy[$0] * factor($0) }] }
  }
}

/// The indices of one axis of samples, or of neighboring ones that count as one.
struct ReferenceAxis {
  let count, inner: Int

  /// - Parameter axis: Counted with the batch as axis 0, or from the end.
  init(_ shape: [Int], _ axis: Int) { self.init(shape, [axis]) }

  init(_ shape: [Int], _ axes: [Int]) {
    let places = axes.map { $0 < 0 ? $0 + shape.count : $0 - 1 }
    count = places.reduce(1) { $0 * shape[$1] }
    inner = shape[((places.max() ?? 0) + 1)...].reduce(1, *)
  }

  func place(_ element: Int) -> Int { element / inner % count }
}
