import Pinion
import Testing

/// A batch normalization that sees one value a channel passes no gradient on: what is before it
/// stays where it is.
@Suite struct BatchOfOneTests {
  static let epsilon = 0.001

  /// An input of six small whole numbers.
  private static func numbers(_ sample: Int, times factor: Int, modulo: Int) -> [Float] {
    (0..<6).map { place in
      let number: Int = (sample * factor + place) % modulo
      return Float(number)
    }
  }

  private func model() throws -> Model {
    try Model(
      Sequential(input: [6]) {
        Dense(9)
        BatchNormalization()
        Dense(5, activation: .softmax)
      }, seed: 11, threads: 2)
  }

  private func sample() throws -> ArrayDataset {
    try ArrayDataset(
      inputs: [[0.7, -1.3, 0.2, 2.1, -0.4, 0.9]], labels: [3], classes: 5)
  }

  /// Five steps by Adam, in double precision: of softmax(β·W + b), for x̂ = 0.
  private struct Exact {
    var kernel, bias, beta: [Double]
    var moments: [(m: [Double], v: [Double])]
    var t = 0.0

    init(_ model: Model) throws {
      func numbers(_ name: String) throws -> [Double] {
        try #require(model.weights[name]).array.map(Double.init)
      }
      beta = try numbers("batch_normalization/beta")
      kernel = try numbers("dense_1/kernel")
      bias = try numbers("dense_1/bias")
      moments = [kernel, bias, beta].map {
        let zeros = [Double](repeating: 0, count: $0.count)
        return (zeros, zeros)
      }
    }

    func probabilities(_ hidden: [Double]) -> [Double] {
      var logits = bias
      for i in 0..<9 { for j in 0..<5 { logits[j] += hidden[i] * kernel[i * 5 + j] } }
      let largest = logits.max() ?? 0
      let powers = logits.map { exponential($0 - largest) }
      return powers.map { $0 / powers.reduce(0, +) }
    }

    mutating func step(label: Int) {
      var delta = probabilities(beta)
      delta[label] -= 1
      t += 1
      let kernelGradient = (0..<45).map { beta[$0 / 5] * delta[$0 % 5] }
      var betaGradient = [Double](repeating: 0, count: 9)
      for i in 0..<9 { for j in 0..<5 { betaGradient[i] += kernel[i * 5 + j] * delta[j] } }
      kernel = adam(kernel, kernelGradient, 0)
      bias = adam(bias, delta, 1)
      beta = adam(beta, betaGradient, 2)
    }

    private mutating func adam(_ w: [Double], _ g: [Double], _ slot: Int) -> [Double] {
      let alpha =
        0.001 * (1 - power(0.999, t)).squareRoot() / (1 - power(0.9, t))
      return w.indices.map { i in
        moments[slot].m[i] += (g[i] - moments[slot].m[i]) * 0.1
        moments[slot].v[i] += (g[i] * g[i] - moments[slot].v[i]) * 0.001
        return w[i] - alpha * moments[slot].m[i] / (moments[slot].v[i].squareRoot() + 1e-7)
      }
    }

    private func power(_ base: Double, _ count: Double) -> Double {
      (0..<Int(count)).reduce(1) { product, _ in product * base }
    }

    private func exponential(_ x: Double) -> Double {
      var (sum, term) = (1.0, 1.0)
      for n in 1..<60 {
        term *= x / Double(n)
        sum += term
      }
      return sum
    }
  }

  @Test func predictionsAreThoseOfDoublePrecision() throws {
    let (model, sample) = (try model(), try sample())
    var exact = try Exact(model)
    let before = try #require(model.weights["dense/kernel"]).array
    let bias = try #require(model.weights["dense/bias"]).array
    try model.fit(sample, epochs: 5, batchSize: 1, verbose: false)
    for _ in 0..<5 { exact.step(label: 3) }
    #expect(model.weights["dense/kernel"]?.array == before)
    #expect(model.weights["dense/bias"]?.array == bias)
    #expect(model.weights["batch_normalization/gamma"]?.array == [Float](repeating: 1, count: 9))
    // Inference: μ and σ² have followed the one value z for five steps, from 0 and 1.
    let x: [Double] = [0.7, -1.3, 0.2, 2.1, -0.4, 0.9].map { Double(Float($0)) }
    let keep = 0.99 * 0.99 * 0.99 * 0.99 * 0.99
    let hidden: [Double] = (0..<9).map { j in
      let z = (0..<6).reduce(Double(bias[j])) { sum, i in sum + x[i] * Double(before[i * 9 + j]) }
      return (z - z * (1 - keep)) / (keep + Self.epsilon).squareRoot() + exact.beta[j]
    }
    let predicted = try model.predict(sample).elements
    for (value, expected) in zip(predicted, exact.probabilities(hidden)) {
      #expect(abs(Double(value) - expected) < 3e-7)
    }
  }

  /// The outputs are right, but a variance that no float holds would predict zeros: the parameter
  /// is named, and is as before.
  @Test(arguments: [Float(1e18), 1e19, 1e25]) func movingVariancesAreFinite(scale: Float) throws {
    let inputs = (0..<8).map { n in Self.numbers(n, times: 5, modulo: 7).map { ($0 - 3) * scale } }
    let data = try ArrayDataset(inputs: inputs, labels: (0..<8).map { $0 % 5 }, classes: 5)
    let model = try Model(
      Sequential(input: [6]) {
        BatchNormalization()
        Dense(5, activation: .softmax)
      }, threads: 1)
    func train() throws { try model.fit(data, epochs: 2, batchSize: 8, verbose: false) }
    let name = "batch_normalization/moving_variance"
    guard scale > 1e20 else {
      try train()
      let variance = try #require(model.weights[name]).array
      let expected = (1 - 0.99 * 0.99) * 4.484_375 * Double(scale) * Double(scale)
      #expect(abs(Double(variance[0]) / expected - 1) < 1e-5)
      #expect(try model.predict(data).elements.allSatisfy(\.isFinite))
      return
    }
    let before = model.bits
    #expect(
      throws: TrainingError.nonFiniteUpdate(
        epoch: 0, batch: 0, origin: .parameter(name), sample: nil)
    ) { try train() }
    #expect(model.bits == before)
  }

  /// 33 samples in batches of 32: the last one is alone.
  @Test func aLastBatchOfOneMovesNothingBeforeTheNormalization() throws {
    let inputs = (0..<33).map { Self.numbers($0, times: 7, modulo: 11) }
    let data = try ArrayDataset(inputs: inputs, labels: (0..<33).map { $0 % 5 }, classes: 5)
    let model = try Model(
      Sequential(input: [6]) {
        Dense(9)
        BatchNormalization()
        Dense(5, activation: .softmax)
      }, optimizer: SGD(learningRate: 0.1), seed: 11, threads: 2)
    var kernels: [[Float]] = []
    try model.fit(
      data, epochs: 1, batchSize: 32,
      callbacks: [
        ClosureCallback(batchDidEnd: { _, _, _ in
          kernels.append(model.weights["dense/kernel"]?.array ?? [])
        })
      ], verbose: false)
    #expect(kernels.count == 2)
    #expect(kernels[0] == kernels[1])
  }
}
