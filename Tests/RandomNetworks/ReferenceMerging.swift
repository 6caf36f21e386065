import PinionLayers
import PinionTensor

/// Layers of several inputs, broadcast to one shape, and random factors.
extension ReferenceNetwork {
  func merging(_ layer: any Layer, _ call: Call) -> Result? {
    if let layer = layer as? Concatenate { return concatenated(layer, call) }
    if let layer = layer as? Dot { return dot(layer, call) }
    if layer is ActivityRegularization {
      return Result(shape: call.shape, values: call.x) { [$0] }
    }
    let rank = call.shapes.map(\.count).max() ?? 0
    let shape = (0..<rank).map { axis in
      call.shapes.map { axis < rank - $0.count ? 1 : $0[axis - rank + $0.count] }.max() ?? 1
    }
    let count = Number(call.inputs.count)
    func sum(_ weight: (Int) -> Number) -> Result {
      weighted(
        call, to: shape,
        call.shapes.enumerated().map { k, own in
          Self.origins(own, in: shape).enumerated().map {
            Term(output: $0, input: $1, weight: weight(k))
          }
        })
    }
    switch layer {
    case is Add: return sum { _ in 1 }
    case is Subtract: return sum { $0 == 0 ? 1 : -1 }
    case is Average: return sum { _ in 1 / count }
    case is Multiply: return product(call, shape)
    case is Maximum: return extreme(call, shape, sign: 1)
    case is Minimum: return extreme(call, shape, sign: -1)
    default: return nil
    }
  }

  /// The element of a shape that each element of a broadcast one comes from.
  private static func origins(_ own: [Int], in shape: [Int]) -> [Int] {
    (0..<shape.reduce(1, *)).map { element in
      let places = indices(of: element, in: shape).suffix(own.count)
      return self.element(at: zip(places, own).map { $1 == 1 ? 0 : $0 }, in: own)
    }
  }

  /// The same of a batch.
  private func batchOrigins(_ own: [Int], in shape: [Int]) -> [Int] {
    let origins = Self.origins(own, in: shape)
    let size = own.reduce(1, *)
    return (0..<batch).flatMap { sample in origins.map { sample * size + $0 } }
  }

  private func product(_ call: Call, _ shape: [Int]) -> Result {
    let origins = call.shapes.map { batchOrigins($0, in: shape) }
    let inputs = call.inputs
    /// The product at a place, but for one of the inputs.
    func product(_ place: Int, without left: Int? = nil) -> Number {
      inputs.indices.reduce(Number(1)) { $1 == left ? $0 : $0 * inputs[$1][origins[$1][place]] }
    }
    let y = (0..<batch * shape.reduce(1, *)).map { product($0) }
    return Result(shape: shape, values: y) { dy in
      inputs.indices.map { k in
        var dx = [Number](repeating: 0, count: inputs[k].count)
        for (place, slope) in dy.enumerated() {
          dx[origins[k][place]] += slope * product(place, without: k)
        }
        return dx
      }
    }
  }

  /// The largest value, or the smallest with a sign of −1: the first of equal ones.
  private func extreme(_ call: Call, _ shape: [Int], sign: Number) -> Result {
    let origins = call.shapes.map { batchOrigins($0, in: shape) }
    var (terms, gap) = (call.inputs.map { _ in [Term]() }, Number.infinity)
    for place in 0..<batch * shape.reduce(1, *) {
      let values = call.inputs.indices.map { sign * call.inputs[$0][origins[$0][place]] }
      let top = values.max() ?? 0
      for value in values where value < top { gap = min(gap, top - value) }
      let k = values.firstIndex(of: top) ?? 0
      terms[k].append(Term(output: place, input: origins[k][place]))
    }
    noteGap(gap, among: call.inputs)
    return weighted(call, to: shape, terms, areOfBatch: true)
  }

  private func concatenated(_ layer: Concatenate, _ call: Call) -> Result {
    let axis = layer.axis < 0 ? layer.axis + call.shape.count : layer.axis - 1
    var shape = call.shape
    shape[axis] = call.shapes.reduce(0) { $0 + $1[axis] }
    var start = 0
    let terms = call.shapes.map { own in
      defer { start += own[axis] }
      return (0..<own.reduce(1, *)).map { input in
        var place = Self.indices(of: input, in: own)
        place[axis] += start
        return Term(output: Self.element(at: place, in: shape), input: input)
      }
    }
    return weighted(call, to: shape, terms)
  }

  /// Σ over the elements of both inputs that have the same place along the axes.
  private func dot(_ layer: Dot, _ call: Call) -> Result {
    /// The place along the axis of each element, and its index among the others.
    func split(_ shape: [Int], _ axis: Int) -> [(along: Int, other: Int)] {
      let axis = axis < 0 ? axis + shape.count : axis - 1
      let inner = shape[(axis + 1)...].reduce(1, *)
      return (0..<shape.reduce(1, *)).map { element in
        (element / inner % shape[axis], element / (inner * shape[axis]) * inner + element % inner)
      }
    }
    let parts = (0..<2).map { split(call.shapes[$0], layer.axes[$0]) }
    let others = (0..<2).map { k in
      var shape = call.shapes[k]
      shape.remove(at: layer.axes[k] < 0 ? layer.axes[k] + shape.count : layer.axes[k] - 1)
      return shape
    }
    let shape = others[0] + others[1]
    let (width, size) = (others[1].reduce(1, *), shape.reduce(1, *))
    let (a, b) = (call.inputs[0], call.inputs[1])
    let matches = Dictionary(grouping: parts[1].indices) { parts[1][$0].along }
    func forEach(_ body: (_ first: Int, _ second: Int, _ output: Int) -> Void) {
      for sample in 0..<batch {
        for (i, part) in parts[0].enumerated() {
          for j in matches[part.along] ?? [] {
            body(
              sample * parts[0].count + i, sample * parts[1].count + j,
              sample * size + part.other * width + parts[1][j].other)
          }
        }
      }
    }
    var y = [Number](repeating: 0, count: batch * size)
    forEach { i, j, k in y[k] += a[i] * b[j] }
    return Result(shape: shape.isEmpty ? [1] : shape, values: y) { dy in
      var (da, db) = (a.map { _ in Number(0) }, b.map { _ in Number(0) })
      forEach { i, j, k in
        da[i] += dy[k] * b[j]
        db[j] += dy[k] * a[i]
      }
      return [da, db]
    }
  }

  // MARK: Noise

  func noise(_ layer: any Layer, _ call: Call) -> Result? {
    guard
      layer is Dropout || layer is SpatialDropout2D || layer is StochasticDepth
        || layer is GaussianDropout || layer is GaussianNoise
    else { return nil }
    guard let step = call.step else {
      return Result(shape: call.shape, values: call.x) { [$0] }
    }
    let (_, factors, terms) = noise(of: layer, call.node, step: step)
    func scaled(_ values: [Number]) -> [Number] {
      factors.isEmpty ? values : zip(values, factors).map { $0 * $1 }
    }
    let y = scaled(call.x)
    return Result(shape: call.shape, values: terms.isEmpty ? y : zip(y, terms).map { $0 + $1 }) {
      [scaled($0)]
    }
  }

  /// Random factors and terms, and the shape of a sample's.
  package typealias Noise = (shape: [Int], factors: [Number], terms: [Number])

  /// The factors and the terms of all layers of noise in a step, by layer name: those of an
  /// attention's weights, (heads, queries, keys), and of the outputs of others.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func noise(step: Int) -> [String: Noise] {
    var result: [String: Noise] = [:]
    for node in graph.nodes {
      let found = noise(of: graph.layer(of: node).layer, node, step: step)
      if !found.factors.isEmpty || !found.terms.isEmpty { result[node.name] = found }
    }
    return result
  }

  /// The factors and terms of a layer of noise for a batch; none of other layers.
  func noise(of layer: any Layer, _ node: Graph.Node, step: Int) -> Noise {
    var shape = Array(node.outputShape)
    if let layer = layer as? MultiHeadAttention {
      let steps = node.inputShapes.map { $0.dropLast().reduce(1, *) }
      shape = [layer.heads, steps[0], steps[steps.count - 1]]
    }
    let elements = shape.reduce(1, *)
    let stream = RandomStream(seed: UInt64(network.number), purpose: "layer/" + node.name)
      .substream(step)
    let places = 0..<batch * elements
    func kept(_ rate: Double, _ word: (_ sample: Int, _ element: Int) -> UInt32) -> [Number] {
      guard rate > 0 else { return [] }
      let threshold = UInt32(min(rate * 4_294_967_296, 4_294_967_295))
      return places.map {
        word($0 / elements, $0 % elements) < threshold ? 0 : Number(1 / (1 - rate))
      }
    }
    func words(_ sample: Int, _ element: Int, of count: Int) -> UInt32 {
      stream.bits(at: UInt64(sample * ((count + 3) / 4) + element / 4))[element % 4]
    }
    func normal(_ mean: Float, _ deviation: Double) -> [Number] {
      let drawn = AlignedBuffer(count: places.count)
      for sample in 0..<batch {
        stream.fillNormal(
          drawn.view[sample * elements..<(sample + 1) * elements], mean: mean,
          standardDeviation: Float(deviation), from: UInt64(sample * ((elements + 3) / 4)))
      }
      return withExtendedLifetime(drawn) { drawn.view.array.map { Number($0) } }
    }
    switch layer {
    case let layer as Dropout:
      return (shape, kept(layer.rate) { words($0, $1, of: elements) }, [])
    case let layer as MultiHeadAttention:
      return (shape, kept(layer.dropout) { words($0, $1, of: elements) }, [])
    case let layer as SpatialDropout2D:
      return (shape, kept(layer.rate) { words($0, $1 % shape[2], of: shape[2]) }, [])
    case let layer as StochasticDepth:
      return (shape, kept(layer.rate) { sample, _ in stream.bits(at: UInt64(sample)).x }, [])
    case let layer as GaussianDropout where layer.rate > 0:
      return (shape, normal(1, (layer.rate / (1 - layer.rate)).squareRoot()), [])
    case let layer as GaussianNoise where layer.standardDeviation > 0:
      return (shape, [], normal(0, layer.standardDeviation))
    default: return (shape, [], [])
    }
  }
}
