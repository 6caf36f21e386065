import PinionLayers

/// Attention and embeddings.
extension ReferenceNetwork {
  func attention(_ layer: any Layer, _ call: Call) -> Result? {
    switch layer {
    case let layer as MultiHeadAttention: return heads(layer, call)
    case let layer as Embedding:
      let (table, width) = (parameter(call, "embeddings") ?? [], layer.outputDim)
      let rows = call.x.map { Int($0) }
      return Result(
        shape: call.shape + [width],
        values: rows.flatMap { row in table[row * width..<(row + 1) * width] }
      ) { [self] dy in
        var sum = Sum(count: table.count)
        for (i, slope) in dy.enumerated() {
          sum.add(slope, at: rows[i / width] * width + i % width)
        }
        record(call, "embeddings", sum)
        return [call.x.map { _ in 0 }]
      }
    case is PositionEmbedding:
      let table = parameter(call, "embeddings") ?? []
      return Result(
        shape: call.shape, values: call.x.indices.map { call.x[$0] + table[$0 % table.count] }
      ) { [self] dy in
        var sum = Sum(count: table.count)
        for (i, slope) in dy.enumerated() { sum.add(slope, at: i % table.count) }
        record(call, "embeddings", sum)
        return [dy]
      }
    case is ClassToken: return classToken(call)
    default: return nil
    }
  }

  /// The token, then the sequence.
  private func classToken(_ call: Call) -> Result {
    let token = parameter(call, "token") ?? []
    let (steps, width) = (call.shape[0], call.shape[1])
    let size = steps * width
    var y: [Number] = []
    for sample in 0..<batch { y += token + call.x[sample * size..<(sample + 1) * size] }
    return Result(shape: [steps + 1, width], values: y) { [self] dy in
      var (sum, dx) = (Sum(count: width), [Number]())
      for (i, slope) in dy.enumerated() {
        if i % (size + width) < width { sum.add(slope, at: i % width) } else { dx.append(slope) }
      }
      record(call, "token", sum)
      return [dx]
    }
  }

  /// The places of an attention's queries and keys in one head of a sample.
  private struct Sizes {
    let heads, keyDim, valueDim, queries, keys: Int

    func query(_ sample: Int, _ head: Int, _ t: Int) -> Int {
      ((sample * queries + t) * heads + head) * keyDim
    }
    func key(_ sample: Int, _ head: Int, _ s: Int) -> Int {
      ((sample * keys + s) * heads + head) * keyDim
    }
    func value(_ sample: Int, _ head: Int, _ s: Int) -> Int {
      ((sample * keys + s) * heads + head) * valueDim
    }
    func output(_ sample: Int, _ head: Int, _ t: Int) -> Int {
      ((sample * queries + t) * heads + head) * valueDim
    }
    func weights(_ sample: Int, _ head: Int, _ t: Int) -> Int {
      ((sample * heads + head) * queries + t) * keys
    }
  }

  private func heads(_ layer: MultiHeadAttention, _ call: Call) -> Result {
    let (valueInput, keyInput) = (min(1, call.inputs.count - 1), call.inputs.count - 1)
    func rows(_ k: Int) -> Int { call.shapes[k].dropLast().reduce(1, *) }
    func project(_ name: String, _ k: Int, _ dim: Int) -> (
      values: [Number], backward: ([Number], [Number]?) -> [Number]
    ) {
      linear(
        call, call.inputs[k],
        ReferenceProduct(
          rows: rows(k), call.shapes[k][call.shapes[k].count - 1], layer.heads * dim),
        kernel: name + "/kernel", bias: name + "/bias")
    }
    let sizes = Sizes(
      heads: layer.heads, keyDim: layer.keyDim, valueDim: layer.valueDim, queries: rows(0),
      keys: rows(keyInput))
    let query = project("query", 0, layer.keyDim)
    let key = project("key", keyInput, layer.keyDim)
    let value = project("value", valueInput, layer.valueDim)
    let weights = weights(query.values, key.values, sizes, layer.usesCausalMask)
    let drawn = call.step.map { noise(of: layer, call.node, step: $0).factors } ?? []
    let factors = drawn.isEmpty ? weights.map { _ in 1 } : drawn
    var mixed = [Number](
      repeating: 0, count: batch * sizes.queries * sizes.heads * sizes.valueDim)
    forEachPair(sizes) { n, h, t, s in
      let (to, from) = (sizes.output(n, h, t), sizes.value(n, h, s))
      let place = sizes.weights(n, h, t) + s
      let weight = weights[place] * factors[place]
      for d in 0..<sizes.valueDim { mixed[to + d] += weight * value.values[from + d] }
    }
    let width = layer.outputDim ?? call.shape[call.shape.count - 1]
    let output = linear(
      call, mixed, ReferenceProduct(rows: rows(0), layer.heads * layer.valueDim, width),
      kernel: "attention_output/kernel", bias: "attention_output/bias")
    return Result(shape: call.shape.dropLast() + [width], values: output.values) { [self] dy in
      let slopes = slopes(
        output.backward(dy, nil), query.values, key.values, value.values, weights, factors, sizes)
      var dx = call.inputs.map { $0.map { _ in Number(0) } }
      for (k, slope) in [
        (0, query.backward(slopes.query.values, slopes.query.magnitudes)),
        (valueInput, value.backward(slopes.value, nil)),
        (keyInput, key.backward(slopes.key.values, slopes.key.magnitudes)),
      ] {
        for i in slope.indices { dx[k][i] += slope[i] }
      }
      return dx
    }
  }

  private func forEachPair(_ sizes: Sizes, _ body: (Int, Int, Int, Int) -> Void) {
    for n in 0..<batch {
      for h in 0..<sizes.heads {
        for t in 0..<sizes.queries {
          for s in 0..<sizes.keys { body(n, h, t, s) }
        }
      }
    }
  }

  /// The softmax of q·kᵀ/√K along the keys.
  private func weights(
    _ query: [Number], _ key: [Number], _ sizes: Sizes, _ isCausal: Bool
  ) -> [Number] {
    var scores = [Number](
      repeating: 0, count: batch * sizes.heads * sizes.queries * sizes.keys)
    let factor = 1 / Number(sizes.keyDim).squareRoot()
    forEachPair(sizes) { n, h, t, s in
      var sum: Number = 0
      for d in 0..<sizes.keyDim {
        sum += query[sizes.query(n, h, t) + d] * key[sizes.key(n, h, s) + d]
      }
      scores[sizes.weights(n, h, t) + s] = isCausal && s > t ? -.infinity : sum * factor
    }
    return softmax(scores, width: sizes.keys)
  }

  /// The gradients of queries, keys and values from that of the mixed values. The differences in
  /// the gradient of a softmax count as two terms, as they may be zero but for rounding.
  private func slopes(
    _ dy: [Number], _ query: [Number], _ key: [Number], _ value: [Number], _ weights: [Number],
    _ factors: [Number], _ sizes: Sizes
  ) -> (query: Sum, key: Sum, value: [Number]) {
    var (dq, dk) = (Sum(count: query.count), Sum(count: key.count))
    var (dv, dp) = (value.map { _ in Number(0) }, weights.map { _ in Number(0) })
    var sizeSums = [Number](repeating: 0, count: weights.count / sizes.keys)
    forEachPair(sizes) { n, h, t, s in
      let (place, from, to) = (
        sizes.weights(n, h, t) + s, sizes.output(n, h, t), sizes.value(n, h, s)
      )
      for d in 0..<sizes.valueDim {
        dv[to + d] += weights[place] * factors[place] * dy[from + d]
        dp[place] += value[to + d] * dy[from + d] * factors[place]
      }
    }
    let scores = softmaxGradient(dp, weights, width: sizes.keys)
    for (i, slope) in dp.enumerated() {
      sizeSums[i / sizes.keys] += slope.magnitude * weights[i]
    }
    let factor = 1 / Number(sizes.keyDim).squareRoot()
    forEachPair(sizes) { n, h, t, s in
      let place = sizes.weights(n, h, t) + s
      let size = weights[place] * (dp[place].magnitude + sizeSums[place / sizes.keys]) * factor
      let slope = scores[place] * factor
      let (q, k) = (sizes.query(n, h, t), sizes.key(n, h, s))
      for d in 0..<sizes.keyDim {
        dq.values[q + d] += slope * key[k + d]
        dq.magnitudes[q + d] += size * key[k + d].magnitude
        dk.values[k + d] += slope * query[q + d]
        dk.magnitudes[k + d] += size * query[q + d].magnitude
      }
    }
    return (dq, dk, dv)
  }
}
