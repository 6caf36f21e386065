internal import CPinionKernels
internal import PinionTensor

/// The passes of an attention over the samples of a call.
struct AttentionRun: Sendable {
  private let sizes: AttentionSizes
  private let query, key, value, output: Projection
  private let heads: AttentionHeads
  /// q, k, v (n, T or S, H·K or H·V), P (n, H, T, S) and P·v (n, T, H·V): of all samples of a call
  /// in training, else of one.
  private let q, k, v, weights, mixed: MemoryHandle<Float>
  /// The dropout mask, of the shape of P; nil without dropout.
  private let mask: MemoryHandle<UInt8>?
  /// (T, S), (T, S), (T, K), and of the heads' products.
  private let scores, dropped, queryGradient, panels: MemoryHandle<Float>
  private let isTraining: Bool

  init(_ layer: MultiHeadAttention, in program: inout LayerProgram) {
    let pass = program.pass
    let sizes = AttentionSizes(layer, pass.inputs)
    self.sizes = sizes
    isTraining = pass.mode == .training
    let (keyWidth, valueWidth) = (sizes.heads * sizes.keyDim, sizes.heads * sizes.valueDim)
    func projection(_ name: String, _ inputs: Int, _ outputs: Int) -> Projection {
      Projection(
        kernel: program.parameter("\(name)/kernel"),
        bias: layer.usesBias ? program.parameter("\(name)/bias") : nil, inputs: inputs,
        outputs: outputs, hasBiasGradient: name != "key", in: &program)
    }
    query = projection("query", sizes.query, keyWidth)
    key = projection("key", sizes.key, keyWidth)
    value = projection("value", sizes.value, valueWidth)
    output = projection("attention_output", valueWidth, sizes.output)
    let scope = isTraining ? MemoryScope.kept : .scratch
    let weightCount = sizes.heads * sizes.queries * sizes.keys
    q = program.reserve(scope, count: sizes.queries * keyWidth)
    k = program.reserve(scope, count: sizes.keys * keyWidth)
    v = program.reserve(scope, count: sizes.keys * valueWidth)
    weights = program.reserve(scope, count: weightCount)
    mixed = program.reserve(scope, count: sizes.queries * valueWidth)
    let drops = isTraining && layer.dropout > 0
    mask = drops ? program.reserve(.kept, of: UInt8.self, count: weightCount) : nil
    let square = sizes.queries * sizes.keys
    scores = program.reserve(.scratch, count: isTraining ? square : 0)
    dropped = program.reserve(.scratch, count: drops ? square : 0)
    queryGradient = program.reserve(
      .scratch, count: isTraining ? sizes.queries * sizes.keyDim : 0)
    heads = AttentionHeads(
      sizes: sizes, isCausal: layer.usesCausalMask,
      dropout: drops ? AttentionHeads.Dropout(layer.dropout) : nil)
    panels = program.reserve(.scratch, count: heads.panelFloats)
  }

  func forward(_ context: LayerContext) {
    guard !isTraining else { return forward(0..<context.sampleCount, context) }
    for sample in 0..<context.sampleCount { forward(sample..<sample + 1, context) }
  }

  private func forward(_ samples: Range<Int>, _ context: LayerContext) {
    let inputs = context.inputs
    let (start, count) = (samples.lowerBound, samples.count)
    let (q, k, v) = (context[q], context[k], context[v])
    query.forward(
      inputs[0].base + start * sizes.queries * sizes.query, to: q.base,
      rows: count * sizes.queries, context)
    key.forward(
      inputs[sizes.keyInput].base + start * sizes.keys * sizes.key, to: k.base,
      rows: count * sizes.keys, context)
    value.forward(
      inputs[sizes.valueInput].base + start * sizes.keys * sizes.value, to: v.base,
      rows: count * sizes.keys, context)
    let (weights, mixed) = (context[weights], context[mixed])
    let (dropped, panels) = (context[dropped].base, context[panels].base)
    let mask = mask.map { context[$0] }
    if let mask { heads.draw(mask, context) }
    heads.forEach(samples: count) { head in
      let p = weights.base + head.weights
      heads.weights(p, q: q.base + head.query, k: k.base + head.key, panels: panels)
      var used = p
      if let mask {
        heads.drop(p, mask.base + head.weights, to: dropped)
        used = dropped
      }
      heads.mix(used, v: v.base + head.value, to: mixed.base + head.mixed, panels: panels)
    }
    output.forward(
      mixed.base, to: context.output.base + start * sizes.queries * sizes.output,
      rows: count * sizes.queries, context)
  }

  func backward(_ context: LayerContext) {
    let count = context.sampleCount
    let (q, k, v) = (context[q].base, context[k].base, context[v].base)
    let (weights, mixed) = (context[weights].base, context[mixed].base)
    output.parameterGradients(
      mixed, gradient: context.outputGradient, rows: count * sizes.queries, context)
    output.inputGradient(
      context.outputGradient.base, rows: count * sizes.queries, to: mixed, adds: false, context)
    let mask = mask.map { context[$0].base }
    let scratch = AttentionHeads.Scratch(
      scores: context[scores].base, dropped: context[dropped].base,
      query: context[queryGradient].base, panels: context[panels].base)
    heads.forEach(samples: count) { head in
      heads.backward(
        weights + head.weights, mask: mask.map { $0 + head.weights }, mixed: mixed + head.mixed,
        q: q + head.query, k: k + head.key, v: v + head.value, scratch: scratch)
    }
    let inputs = context.inputs
    finish(query, context[self.q], of: inputs, 0, isFirst: true, context)
    finish(
      value, context[self.v], of: inputs, sizes.valueInput, isFirst: sizes.valueInput > 0, context)
    finish(
      key, context[self.k], of: inputs, sizes.keyInput, isFirst: sizes.keyInput > 1, context)
  }

  /// The gradients of a projection's parameters, and of its input: added if another projection of
  /// the same input has written it.
  private func finish(
    _ projection: Projection, _ gradient: MemoryView<Float>, of inputs: [MemoryView<Float>],
    _ index: Int, isFirst: Bool, _ context: LayerContext
  ) {
    let rows = gradient.count / projection.outputs
    projection.parameterGradients(inputs[index].base, gradient: gradient, rows: rows, context)
    guard let dx = context.inputGradients[index] else { return }
    projection.inputGradient(gradient.base, rows: rows, to: dx.base, adds: !isFirst, context)
  }
}

/// y (R, O) = x (R, I)·W + b.
private struct Projection: Sendable {
  let kernel: ParameterHandle
  let bias: ParameterHandle?
  /// I and O.
  let inputs, outputs: Int
  /// Whether the bias has an effect on the output.
  let hasBiasGradient: Bool
  /// W and Wᵀ as ``ConstantMatrix`` stores them, if it does not leave them to OpenBLAS.
  private let stored: StoredMatrix?
  private let storedTranspose: MemoryHandle<Float>?

  init(
    kernel: ParameterHandle, bias: ParameterHandle?, inputs: Int, outputs: Int,
    hasBiasGradient: Bool, in program: inout LayerProgram
  ) {
    self.kernel = kernel
    self.bias = bias
    self.inputs = inputs
    self.outputs = outputs
    self.hasBiasGradient = hasBiasGradient
    (stored, storedTranspose) = ConstantMatrix(rows: inputs, columns: outputs)
      .reserve(for: kernel, in: &program)
  }

  func forward(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int,
    _ context: LayerContext
  ) {
    if let stored {
      return ConstantMatrix(rows: inputs, columns: outputs).multiply(
        x, count: rows, by: context[stored].base, into: y,
        finish: ProductEpilogue(bias: bias.map { context[$0] }, slope: 1))
    }
    BLAS.gemm(
      m: rows, n: outputs, k: inputs, a: x, lda: inputs, b: context[kernel].base, ldb: outputs,
      c: y, ldc: outputs)
    if let bias { addBias(context[bias], to: MemoryView(base: y, count: rows * outputs)) }
  }

  /// dW = xᵀ·dy and db = Σ dy, or added to these.
  func parameterGradients(
    _ x: UnsafePointer<Float>, gradient dy: MemoryView<Float>, rows: Int, _ context: LayerContext
  ) {
    guard context.pass.isTrainable else { return }
    TransposedProduct(
      m: inputs, n: outputs, k: rows, a: x, lda: inputs, b: dy.base, ldb: outputs,
      adds: context.accumulates
    )
    .write(to: context.gradient(of: kernel).base)
    guard let bias else { return }
    let gradient = context.gradient(of: bias)
    if !context.accumulates { gradient.fill(0) }
    if hasBiasGradient { addColumnSums(of: dy, to: gradient) }
  }

  /// dx = dy·Wᵀ, or added to it.
  func inputGradient(
    _ dy: UnsafePointer<Float>, rows: Int, to dx: UnsafeMutablePointer<Float>, adds: Bool,
    _ context: LayerContext
  ) {
    if let storedTranspose {
      return ConstantMatrix(rows: outputs, columns: inputs).multiply(
        dy, count: rows, by: context[storedTranspose].base, into: dx, adds: adds)
    }
    BLAS.gemm(
      .no, .yes, m: rows, n: inputs, k: outputs, a: dy, lda: outputs, b: context[kernel].base,
      ldb: outputs, beta: adds ? 1 : 0, c: dx, ldc: inputs)
  }
}
