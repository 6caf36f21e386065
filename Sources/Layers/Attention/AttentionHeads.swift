internal import CPinionKernels
internal import PinionTensor

/// One head on one sample: P = softmax(q·kᵀ / √K) and P·v.
///
/// q: (T, K), k: (S, K), v: (S, V), P·v: (T, V), their rows those of all heads together; P: (T, S).
struct AttentionHeads: Sendable {
  /// The location of a head of a sample in the memory of all heads.
  struct Head {
    let query, key, value, weights, mixed: Int
  }

  struct Dropout: Sendable {
    fileprivate let scale: Float
    fileprivate let threshold: UInt32

    init(_ rate: Double) {
      scale = rate < 1 ? Float(1 / (1 - rate)) : 0
      threshold = UInt32(min(rate * 4_294_967_296, 4_294_967_295))
    }
  }

  /// Memory of the backward pass: (T, S), (T, S), (T, K), and ``panelFloats``.
  struct Scratch {
    let scores, dropped, query, panels: UnsafeMutablePointer<Float>
  }

  private let sizes: AttentionSizes
  private let isCausal: Bool
  private let dropout: Dropout?
  private let keyWidth, valueWidth: Int
  /// q·kᵀ, P·v, and in the backward pass d(P·v)·vᵀ and dS·k.
  private let scores, mixture, weightGradient, queryGradient: HeadProduct
  /// 1 / √K.
  private let scale: Float

  init(sizes: AttentionSizes, isCausal: Bool, dropout: Dropout?) {
    self.sizes = sizes
    self.isCausal = isCausal
    self.dropout = dropout
    (keyWidth, valueWidth) = (sizes.heads * sizes.keyDim, sizes.heads * sizes.valueDim)
    scale = 1 / Float(sizes.keyDim).squareRoot()
    let (queries, keys) = (sizes.queries, sizes.keys)
    scores = HeadProduct(m: queries, n: keys, k: sizes.keyDim)
    mixture = HeadProduct(m: queries, n: sizes.valueDim, k: keys)
    weightGradient = HeadProduct(m: queries, n: keys, k: sizes.valueDim)
    queryGradient = HeadProduct(m: queries, n: sizes.keyDim, k: keys)
  }

  /// Floats of scratch memory for products.
  var panelFloats: Int {
    [scores, mixture, weightGradient, queryGradient].reduce(0) { max($0, $1.scratchFloats) }
  }

  @inline(__always)
  func forEach(samples: Int, _ body: (Head) -> Void) {
    for sample in 0..<samples {
      for head in 0..<sizes.heads {
        body(
          Head(
            query: sample * sizes.queries * keyWidth + head * sizes.keyDim,
            key: sample * sizes.keys * keyWidth + head * sizes.keyDim,
            value: sample * sizes.keys * valueWidth + head * sizes.valueDim,
            weights: (sample * sizes.heads + head) * sizes.queries * sizes.keys,
            mixed: sample * sizes.queries * valueWidth + head * sizes.valueDim))
      }
    }
  }

  /// P = softmax(q·kᵀ / √K).
  func weights(
    _ p: UnsafeMutablePointer<Float>, q: UnsafePointer<Float>, k: UnsafePointer<Float>,
    panels: UnsafeMutablePointer<Float>
  ) {
    let (queries, keys) = (sizes.queries, sizes.keys)
    scores.write(
      alpha: scale, q, lda: keyWidth, by: k, ldb: keyWidth, isTransposed: true, scratch: panels,
      to: p, ldc: keys)
    guard isCausal else {
      return Softmax().apply(to: MemoryView(base: p, count: queries * keys), width: keys)
    }
    for row in 0..<queries {
      let (start, seen) = (p + row * keys, min(row + 1, keys))
      Softmax().apply(to: MemoryView(base: start, count: seen), width: seen)
      (start + seen).update(repeating: 0, count: keys - seen)
    }
  }

  /// P·v.
  func mix(
    _ p: UnsafePointer<Float>, v: UnsafePointer<Float>, to mixed: UnsafeMutablePointer<Float>,
    panels: UnsafeMutablePointer<Float>
  ) {
    mixture.write(
      p, lda: sizes.keys, by: v, ldb: valueWidth, scratch: panels, to: mixed, ldc: valueWidth)
  }

  /// Replaces q, k and v by their gradients. mixed: the gradient of P·v.
  ///
  /// With D = P after dropout, G = d(P·v)·vᵀ its gradient and that of P after dropout again: dv =
  /// Dᵀ·d(P·v), dS = P∘(G − Σ G∘P) / √K, dq = dS·k, dk = dSᵀ·q.
  func backward(
    _ p: UnsafePointer<Float>, mask: UnsafePointer<UInt8>?, mixed: UnsafePointer<Float>,
    q: UnsafeMutablePointer<Float>, k: UnsafeMutablePointer<Float>,
    v: UnsafeMutablePointer<Float>, scratch: Scratch
  ) {
    let (queries, keys, keyDim) = (sizes.queries, sizes.keys, sizes.keyDim)
    let g = scratch.scores
    weightGradient.write(
      mixed, lda: valueWidth, by: v, ldb: valueWidth, isTransposed: true, scratch: scratch.panels,
      to: g, ldc: keys)
    var used = p
    if let mask {
      drop(p, mask, to: scratch.dropped)
      used = UnsafePointer(scratch.dropped)
    }
    HeadProduct(m: keys, n: sizes.valueDim, k: queries).writeTransposed(
      used, lda: keys, by: mixed, ldb: valueWidth, to: v, ldc: valueWidth)
    if let mask { drop(g, mask, to: g) }
    Softmax().applyGradient(
      to: MemoryView(base: g, count: queries * keys),
      values: MemoryView(base: UnsafeMutablePointer(mutating: p), count: queries * keys),
      width: keys)
    pinion_scale(g, queries * keys, scale)
    queryGradient.write(
      g, lda: keys, by: k, ldb: keyWidth, scratch: scratch.panels, to: scratch.query, ldc: keyDim)
    HeadProduct(m: keys, n: keyDim, k: queries).writeTransposed(
      g, lda: keys, by: q, ldb: keyWidth, to: k, ldc: keyWidth)
    for row in 0..<queries {
      (q + row * keyWidth).update(from: scratch.query + row * keyDim, count: keyDim)
    }
  }

  /// Draws the dropout mask of the weights for the samples of a call.
  func draw(_ mask: MemoryView<UInt8>, _ context: LayerContext) {
    guard let dropout else { return }
    let size = sizes.heads * sizes.queries * sizes.keys
    require(mask.count == context.sampleCount * size, "a mask of another length")
    let blocks = (size + 3) / 4
    for (place, sample) in context.samples.enumerated() {
      pinion_dropout_mask(
        context.random.seed, context.random.stream, UInt64(sample * blocks), dropout.threshold,
        size, mask.base + place * size)
    }
  }

  /// Applies the dropout mask and scales the other weights. `result` may be `values`.
  func drop(
    _ values: UnsafePointer<Float>, _ mask: UnsafePointer<UInt8>,
    to result: UnsafeMutablePointer<Float>
  ) {
    guard let dropout else { return }
    pinion_dropout(values, mask, dropout.scale, sizes.queries * sizes.keys, result)
  }
}
