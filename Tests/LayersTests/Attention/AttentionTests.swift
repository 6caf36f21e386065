import PinionTensor
import Testing

@testable import PinionLayers

/// Attention heads compared with their twin in double precision, masks and dropout.
@Suite struct AttentionTests {
  @Test(arguments: [false, true], [(1, 1), (3, 5), (5, 3), (8, 8)])
  func headsEqualTheirTwin(isCausal: Bool, lengths: (queries: Int, keys: Int)) {
    for (count, keyDim, valueDim) in [(1, 4, 4), (2, 3, 5), (4, 16, 7)] {
      let layer = MultiHeadAttention(count, keyDim: keyDim, valueDim: valueDim)
      let sizes = AttentionSizes(layer, [[lengths.queries, 2], [lengths.keys, 2]])
      let heads = AttentionHeads(sizes: sizes, isCausal: isCausal, dropout: nil)
      let samples = 2
      let q = Numbers(samples * lengths.queries * count * keyDim, "q", in: -2..<2)
      let k = Numbers(samples * lengths.keys * count * keyDim, "k", in: -2..<2)
      let v = Numbers(samples * lengths.keys * count * valueDim, "v")
      let dy = Numbers(samples * lengths.queries * count * valueDim, "dy")
      let weights = Numbers.poisoned(samples * count * lengths.queries * lengths.keys)
      let mixed = Numbers.poisoned(dy.view.count)
      let twin = NaiveAttention(
        queries: lengths.queries, keys: lengths.keys, keyDim: keyDim, valueDim: valueDim,
        isCausal: isCausal)
      let scratch = [
        lengths.queries * lengths.keys, 0, lengths.queries * keyDim, heads.panelFloats,
      ].map {
        Numbers.poisoned($0)
      }
      ComputeScope.run {
        heads.forEach(samples: samples) { head in
          // A head's rows, out of those of all heads.
          func rows(_ view: MemoryView<Float>, _ start: Int, _ rows: Int, _ width: Int) -> [Double]
          {
            (0..<rows * width).map {
              Double(view[start + $0 / width * count * width + $0 % width])
            }
          }
          let (t, s) = (lengths.queries, lengths.keys)
          let inputs = (
            rows(q.view, head.query, t, keyDim), rows(k.view, head.key, s, keyDim),
            rows(v.view, head.value, s, valueDim), rows(dy.view, head.mixed, t, valueDim)
          )
          let (p, panels) = (weights.view.base + head.weights, scratch[3].view.base)
          heads.weights(p, q: q.view.base + head.query, k: k.view.base + head.key, panels: panels)
          heads.mix(
            p, v: v.view.base + head.value, to: mixed.view.base + head.mixed, panels: panels)
          let expected = twin.forward(q: inputs.0, k: inputs.1, v: inputs.2)
          let found = rows(mixed.view, head.mixed, t, valueDim).map(Float.init)
          #expect(relativeError(found, expected) < 1e-6)
          heads.backward(
            p, mask: nil, mixed: dy.view.base + head.mixed, q: q.view.base + head.query,
            k: k.view.base + head.key, v: v.view.base + head.value,
            scratch: .init(
              scores: scratch[0].view.base, dropped: scratch[1].view.base,
              query: scratch[2].view.base, panels: panels))
          let gradients = twin.backward(
            q: inputs.0, k: inputs.1, v: inputs.2, outputGradient: inputs.3)
          for (found, expected) in [
            (rows(q.view, head.query, t, keyDim), gradients.q),
            (rows(k.view, head.key, s, keyDim), gradients.k),
            (rows(v.view, head.value, s, valueDim), gradients.v),
          ] {
            #expect(relativeError(found.map(Float.init), expected, floor: 1e-3) < 1e-5)
          }
        }
      }
    }
  }

  /// Scores of hundreds, whose exponentials are not finite.
  @Test func softmaxIsStable() throws {
    let run = try LayerRun(MultiHeadAttention(2, keyDim: 3), [[5, 4]], batch: 2)
    for i in run.inputs[0].view.indices { run.inputs[0].view[i] *= 300 }
    run.run()
    #expect((run.outputs + run.gradients).allSatisfy { $0.isFinite })
  }

  @Test func aCausalMaskHidesTheFuture() throws {
    let layer = MultiHeadAttention(2, keyDim: 3, usesCausalMask: true)
    let run = try LayerRun(layer, [[5, 4]], batch: 1, mode: .inference)
    run.run()
    let before = run.outputs
    for i in 12..<20 { run.inputs[0].view[i] += 1 }
    run.run()
    #expect(run.outputs.prefix(12) == before.prefix(12))
    #expect(zip(run.outputs, before).dropFirst(12).allSatisfy { $0 != $1 })
  }

  @Test func theKeysBiasHasNoGradient() throws {
    let run = try LayerRun(MultiHeadAttention(2, keyDim: 3), [[5, 4], [3, 2]], batch: 4)
    run.run()
    #expect(run.gradient("/key/bias").count == 6)
    #expect(run.gradient("/key/bias").allSatisfy { $0 == 0 })
    #expect(run.gradient("/query/bias").allSatisfy { $0 != 0 })
  }

  /// In training only; with a rate of 1, the output is the bias.
  @Test func dropoutTakesWeights() throws {
    func outputs(_ rate: Double, _ mode: LayerPass.Mode) throws -> [Float] {
      let layer = MultiHeadAttention(2, keyDim: 3, dropout: rate, name: "attention")
      let run = try LayerRun(layer, [[5, 4]], batch: 2, mode: mode)
      run.run()
      return run.outputs
    }
    let plain = try outputs(0, .inference)
    let (idle, undropped) = (try outputs(0.5, .inference), try outputs(0, .training))
    let half = try outputs(0.5, .training)
    #expect(idle == plain)
    #expect(relativeError(undropped, plain.map(Double.init)) < 1e-6)
    #expect(relativeError(half, plain.map(Double.init)) > 0.1)
    let dropped = try outputs(1, .training)
    #expect(dropped.indices.allSatisfy { dropped[$0] == dropped[$0 % 4] })
  }

  @Test func whatNoVectorStandsForIsNotANumber() throws {
    let run = try LayerRun(Embedding(3, 2), [[8]], batch: 1)
    for (i, value) in [0, 2.9, -0.9, 3, -1, Float.nan, .infinity, 1e30].enumerated() {
      run.inputs[0].view[i] = value
    }
    run.run()
    let table = run.weights.trainable.array
    #expect(run.outputs.prefix(6) == table[0..<2] + table[4..<6] + table[0..<2])
    #expect(run.outputs.dropFirst(6).allSatisfy { $0.isNaN })
    #expect(run.gradients.allSatisfy { $0.isFinite })
  }

  /// y = (t, x₁, x₂, …); dt = Σ dy₀ over the samples, dx = the rest of dy.
  @Test(arguments: [1, 3]) func classTokenPrecedesTheSequence(threads: Int) throws {
    let graph = try Graph(ClassToken(tokenInitializer: .randomUniform), on: [3, 2])
    #expect(graph.outputShape == [4, 2])
    let run = GraphRun(graph, batch: 3, threads: threads)
    run.run()
    let (x, token) = (run.inputs.view.array, run.parameter("/token"))
    #expect(token.count == 2 && token[0] != token[1])
    let samples = [x[0..<6], x[6..<12], x[12..<18]]
    #expect(run.outputs == samples.flatMap { token + $0 })
    let dy = run.outputGradient
    let sums = [dy[0] + dy[8] + dy[16], dy[1] + dy[9] + dy[17]]
    #expect(relativeError(run.gradient("/token"), sums) < 1e-6)
    let rest = dy[2..<8] + dy[10..<16] + dy[18..<24]
    #expect(relativeError(run.inputGradient, Array(rest)) < 1e-6)
  }

  /// y = x + E, dE = Σ dy over the samples, dx = dy.
  @Test(arguments: [1, 3]) func positionsHaveVectors(threads: Int) throws {
    let run = GraphRun(try Graph(PositionEmbedding(), on: [3, 2]), batch: 3, threads: threads)
    run.run()
    let (x, table) = (run.inputs.view.array, run.parameter("/embeddings"))
    #expect(Set(table).count == 6)
    let expected = x.enumerated().map { i, value in value + table[i % 6] }
    #expect(run.outputs == expected)
    let dy = run.outputGradient
    var sums = [Double](repeating: 0, count: 6)
    for (i, slope) in dy.enumerated() { sums[i % 6] += slope }
    #expect(relativeError(run.gradient("/embeddings"), sums) < 1e-6)
    #expect(relativeError(run.inputGradient, dy) < 1e-6)
  }
}
