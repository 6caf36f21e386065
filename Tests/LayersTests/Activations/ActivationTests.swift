import Foundation
import PinionTensor
import Testing

@testable import PinionLayers

/// Activations against their definitions in double precision, also where arguments are extreme.
@Suite struct ActivationTests {
  struct Case: CustomTestStringConvertible {
    let function: any ActivationFunction
    /// f and its derivative.
    let value, derivative: @Sendable (Double) -> Double
    /// f(−∞) and f(∞).
    let limits: (Float, Float)
    /// f′(−∞) and f′(∞).
    let slopes: (Float, Float)
    /// The relative error that is allowed.
    var tolerance = 4e-7

    var testDescription: String { "\(function)" }
  }

  private static let infinity = Float.infinity

  static let cases = [
    Case(
      function: ReLU(), value: { max($0, 0) }, derivative: { $0 > 0 ? 1 : 0 },
      limits: (0, infinity), slopes: (0, 1)),
    Case(
      function: LeakyReLU(negativeSlope: 0.3), value: { $0 > 0 ? $0 : Double(Float(0.3)) * $0 },
      derivative: { $0 > 0 ? 1 : Double(Float(0.3)) }, limits: (-infinity, infinity),
      slopes: (0.3, 1)),
    Case(
      function: Linear(), value: { $0 }, derivative: { _ in 1 }, limits: (-infinity, infinity),
      slopes: (1, 1)),
    Case(
      function: Sigmoid(), value: logistic, derivative: { logistic($0) * logistic(-$0) },
      limits: (0, 1), slopes: (0, 0)),
    Case(
      function: Tanh(), value: { tanh($0) }, derivative: { 1 - tanh($0) * tanh($0) },
      limits: (-1, 1), slopes: (0, 0)),
    Case(
      function: Softsign(), value: { $0 / (1 + abs($0)) },
      derivative: { 1 / ((1 + abs($0)) * (1 + abs($0))) }, limits: (-1, 1), slopes: (0, 0)),
    Case(
      function: Softplus(), value: { max($0, 0) + log1p(exp(-abs($0))) }, derivative: logistic,
      limits: (0, infinity), slopes: (0, 1)),
    Case(
      function: Exponential(), value: { exp($0) }, derivative: { exp($0) }, limits: (0, infinity),
      slopes: (0, infinity)),
    Case(
      function: SiLU(), value: { $0 * logistic($0) },
      derivative: { logistic($0) + ($0 * logistic($0)) * logistic(-$0) }, limits: (0, infinity),
      slopes: (0, 1)),
    Case(
      function: Mish(), value: { $0 * mishFactor($0) },
      derivative: { mishFactor($0) + $0 * (1 - mishFactor($0) * mishFactor($0)) * logistic($0) },
      limits: (0, infinity), slopes: (0, 1)),
    Case(
      function: GELU(), value: { $0 * normal($0) },
      derivative: { normal($0) + $0 * exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() },
      limits: (0, infinity), slopes: (0, 1)),
    // Far below zero, the exponential enlarges the rounding error of its argument.
    Case(
      function: GELU(approximate: true), value: { $0 * logistic(geluArgument($0)) },
      derivative: { z in
        let (u, rate) = (geluArgument(z), 2 * (2 / Double.pi).squareRoot())
        let slope = logistic(u) * logistic(-u)
        return logistic(u) + (slope == 0 ? 0 : z * slope * rate * (1 + 3 * 0.044715 * z * z))
      }, limits: (0, infinity), slopes: (0, 1), tolerance: 2e-5),
    Case(
      function: ELU(), value: { $0 > 0 ? $0 : expm1($0) }, derivative: { exp(min($0, 0)) },
      limits: (-1, infinity), slopes: (0, 1)),
    Case(
      function: ELU(alpha: 0.5), value: { $0 > 0 ? $0 : 0.5 * expm1($0) },
      derivative: { $0 > 0 ? 1 : 0.5 * exp($0) }, limits: (-0.5, infinity), slopes: (0, 1)),
    Case(
      function: CELU(alpha: 2), value: { $0 > 0 ? $0 : 2 * expm1($0 / 2) },
      derivative: { exp(min($0, 0) / 2) }, limits: (-2, infinity), slopes: (0, 1)),
    Case(
      function: SELU(),
      value: { $0 > 0 ? 1.0507009873554805 * $0 : 1.7580993408473766 * expm1($0) },
      derivative: { $0 > 0 ? 1.0507009873554805 : 1.7580993408473766 * exp($0) },
      limits: (-1.758_099_3, infinity), slopes: (0, 1.050_701)),
    Case(
      function: ReLU6(), value: { min(max($0, 0), 6) }, derivative: { $0 > 0 && $0 < 6 ? 1 : 0 },
      limits: (0, 6), slopes: (0, 0)),
    Case(
      function: HardSigmoid(), value: { min(max(($0 + 3) / 6, 0), 1) },
      derivative: { abs($0) < 3 ? 1 / 6 : 0 }, limits: (0, 1), slopes: (0, 0)),
    Case(
      function: HardSwish(), value: { $0 * min(max(($0 + 3) / 6, 0), 1) },
      derivative: { abs($0) < 3 ? (2 * $0 + 3) / 6 : $0 > 0 ? 1 : 0 }, limits: (0, infinity),
      slopes: (0, 1)),
  ]

  @Sendable private static func logistic(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
  @Sendable private static func normal(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
  @Sendable private static func mishFactor(_ z: Double) -> Double { tanh(log1p(exp(z))) }
  @Sendable private static func geluArgument(_ z: Double) -> Double {
    2 * (2 / Double.pi).squareRoot() * (z + 0.044715 * z * z * z)
  }

  /// Ordinary and extreme, 33 in all so that vectors have a rest.
  private static let arguments: [Float] =
    (-12...12).map { Float($0) / 4 } + [100, -100, 88.8, -88.8, 1e-30, -1e-30, 3e38, -3e38]

  private func buffer(_ values: [Float]) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: values.count)
    for (i, value) in values.enumerated() { buffer.view[i] = value }
    return buffer
  }

  private func applied(_ function: any ActivationFunction, _ values: [Float]) -> [Float] {
    let buffer = buffer(values)
    function.apply(to: buffer.view, width: values.count)
    return buffer.view.array
  }

  /// f after a bias, through the pass that does both at once.
  private func appliedAfterBias(_ function: any ActivationFunction, _ values: [Float]) -> [Float] {
    let (rows, bias) = (buffer(values + values), buffer(values.map { _ in 0 }))
    function.apply(to: rows.view, bias: bias.view)
    #expect(
      rows.view.array.prefix(values.count).map(\.bitPattern)
        == rows.view.array.suffix(values.count).map(\.bitPattern))
    return Array(rows.view.array.prefix(values.count))
  }

  /// Of a number that no float holds, infinity is near.
  private func isNear(_ found: Float, _ expected: Double, _ tolerance: Double) -> Bool {
    Float(expected).isInfinite
      ? found == Float(expected) : abs(Double(found) - expected) <= tolerance
  }

  @Test(arguments: cases) func values(example: Case) {
    for results in [
      applied(example.function, Self.arguments), appliedAfterBias(example.function, Self.arguments),
    ] {
      for (z, y) in zip(Self.arguments, results) {
        let expected = example.value(Double(z))
        // Within some roundings of the result; below the smallest normal number its digits go.
        let tolerance = example.tolerance * abs(expected) + 1e-38
        #expect(isNear(y, expected, tolerance), "f(\(z)) = \(y)")
      }
    }
  }

  /// Between the arguments above, where polynomials are at their worst.
  @Test(arguments: cases) func valuesOverARange(example: Case) {
    let arguments = (-5_200...5_200).map { Float($0) / 400 + 1e-4 }
    for (z, y) in zip(arguments, applied(example.function, arguments)) {
      let expected = example.value(Double(z))
      let tolerance = example.tolerance * abs(expected) + 1e-38
      #expect(isNear(y, expected, tolerance), "f(\(z)) = \(y)")
    }
  }

  @Test(arguments: cases) func extremes(example: Case) {
    for apply in [applied, appliedAfterBias] {
      let results = apply(example.function, [-.infinity, .infinity, .nan, -0.0, 0])
      #expect(results[0] == example.limits.0 && results[1] == example.limits.1)
      #expect(results[2].isNaN)
      #expect(results[3] == results[4])
      #expect(abs(Double(results[3]) - example.value(0)) <= 1e-7)
    }
    // Without a bias in between, the sign of zero stays.
    if example.value(0) == 0 { #expect(applied(example.function, [-0.0])[0].sign == .minus) }
  }

  @Test(arguments: cases) func gradients(example: Case) {
    let values = read(example.function, Self.arguments)
    for factor in [Float(1), -2.5] {
      let gradient = buffer(Self.arguments.map { _ in factor })
      example.function.applyGradient(
        to: gradient.view, values: values.view, width: Self.arguments.count)
      for (i, z) in Self.arguments.enumerated() {
        let expected = Double(factor) * example.derivative(Double(z))
        // The derivative is taken from the rounded value: of one near 1 the distance to 1 has lost
        // digits.
        let tolerance = example.tolerance * max(abs(expected), abs(Double(factor)))
        #expect(isNear(gradient.view[i], expected, tolerance), "f′(\(z)) = \(gradient.view[i])")
      }
    }
  }

  @Test(arguments: cases) func derivativeAtInfinityAndNaN(example: Case) {
    let values = read(example.function, [-.infinity, .infinity, .nan])
    let gradient = buffer([1, 1, 1])
    example.function.applyGradient(to: gradient.view, values: values.view, width: 3)
    #expect(gradient.view[0] == example.slopes.0)
    #expect(gradient.view[1] == example.slopes.1)
    // That of a function with a slope on either side takes NaN for a number below zero.
    let isLinear = example.function.slopeBelowZero != nil
    #expect(isLinear || gradient.view[2].isNaN)
  }

  /// What the derivative is computed from.
  private func read(_ function: any ActivationFunction, _ arguments: [Float]) -> AlignedBuffer {
    buffer(function.gradientReads == .input ? arguments : applied(function, arguments))
  }

  @Test(arguments: [1, 2, 10, 33, 600]) func softmax(width: Int) {
    let logits = Numbers(7 * width, "logits", in: -100..<100)
    let results = applied(Softmax(), logits.view.array, width: width)
    let twin = NaiveSoftmaxCrossEntropy()
    for row in 0..<7 {
      let range = row * width..<(row + 1) * width
      let expected = twin.probabilities(Array(logits.doubles[range]))
      #expect(relativeError(Array(results[range]), expected) < 1e-6)
      #expect(abs(results[range].reduce(0, +) - 1) < 1e-6)
    }
    let logarithms = applied(LogSoftmax(), logits.view.array, width: width)
    for row in 0..<7 {
      let range = row * width..<(row + 1) * width
      let z = Array(logits.doubles[range])
      let logSum = log(z.reduce(0) { $0 + exp($1) })
      #expect(relativeError(Array(logarithms[range]), z.map { $0 - logSum }, floor: 1) < 1e-6)
    }
  }

  @Test func softmaxOfExtremes() {
    #expect(applied(Softmax(), [3e38, -3e38], width: 2) == [1, 0])
    #expect(applied(Softmax(), [-.infinity, 5, -.infinity], width: 3) == [0, 1, 0])
    #expect(applied(Softmax(), [1e30, 1e30], width: 2) == [0.5, 0.5])
    #expect(applied(LogSoftmax(), [3e38, -3e38], width: 2) == [0, -.infinity])
    #expect(applied(LogSoftmax(), [-.infinity, 5], width: 2) == [-.infinity, 0])
    for place in 0..<3 {
      var row: [Float] = [1, 2, 3]
      row[place] = .nan
      // The rows around it keep their numbers.
      let results = applied(Softmax(), [0, 0, 0] + row + [0, 0, 0], width: 3)
      #expect(results[3..<6].allSatisfy { $0.isNaN })
      #expect((results[0..<3] + results[6..<9]).allSatisfy { abs($0 - 1 / 3) < 1e-7 })
    }
  }

  @Test func softmaxGradient() {
    let (logits, dy) = (Numbers(35, "logits"), Numbers(35, "dy"))
    let p = buffer(applied(Softmax(), logits.view.array, width: 7))
    let gradient = AlignedBuffer(copying: dy.view)
    Softmax().applyGradient(to: gradient.view, values: p.view, width: 7)
    let twin = NaiveSoftmaxCrossEntropy()
    for row in 0..<5 {
      let range = row * 7..<(row + 1) * 7
      let p = twin.probabilities(Array(logits.doubles[range]))
      let upstream = Array(dy.doubles[range])
      // Σⱼ dyⱼ·∂pⱼ/∂zᵢ with ∂pⱼ/∂zᵢ = pⱼ·(δᵢⱼ − pᵢ).
      let expected = p.indices.map { i in
        p.indices.reduce(0.0) { $0 + upstream[$1] * p[$1] * (($1 == i ? 1 : 0) - p[i]) }
      }
      #expect(relativeError(Array(gradient.view.array[range]), expected) < 1e-6)
    }
  }

  /// A row narrower, and one wider than what is held of it at a time.
  @Test(arguments: [7, 600]) func logSoftmaxGradient(width: Int) {
    let (logits, dy) = (Numbers(5 * width, "logits"), Numbers(5 * width, "dy"))
    let y = buffer(applied(LogSoftmax(), logits.view.array, width: width))
    let gradient = AlignedBuffer(copying: dy.view)
    LogSoftmax().applyGradient(to: gradient.view, values: y.view, width: width)
    let twin = NaiveSoftmaxCrossEntropy()
    for row in 0..<5 {
      let range = row * width..<(row + 1) * width
      let p = twin.probabilities(Array(logits.doubles[range]))
      let upstream = Array(dy.doubles[range])
      let sum = upstream.reduce(0, +)
      let expected = zip(upstream, p).map { $0 - $1 * sum }
      #expect(relativeError(Array(gradient.view.array[range]), expected) < 1e-6)
    }
  }

  @Test func refusedParameters() {
    for alpha in [0, -1, .nan, .infinity, .leastNonzeroMagnitude] as [Float] {
      #expect(throws: LayerError.self) { try ELU(alpha: alpha).validate() }
      #expect(throws: LayerError.self) { try CELU(alpha: alpha).validate() }
    }
  }

  private func applied(_ function: some ActivationFunction, _ values: [Float], width: Int)
    -> [Float]
  {
    let buffer = buffer(values)
    function.apply(to: buffer.view, width: width)
    return buffer.view.array
  }
}
