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

    var testDescription: String { "\(type(of: function))" }
  }

  static let cases = [
    Case(
      function: ReLU(), value: { max($0, 0) }, derivative: { $0 > 0 ? 1 : 0 },
      limits: (0, .infinity)),
    Case(
      function: LeakyReLU(negativeSlope: 0.3), value: { $0 > 0 ? $0 : Double(Float(0.3)) * $0 },
      derivative: { $0 > 0 ? 1 : Double(Float(0.3)) }, limits: (-.infinity, .infinity)),
    Case(
      function: Linear(), value: { $0 }, derivative: { _ in 1 }, limits: (-.infinity, .infinity)),
    Case(
      function: Sigmoid(), value: { 1 / (1 + exp(-$0)) },
      derivative: { 1 / (1 + exp(-$0)) / (1 + exp($0)) }, limits: (0, 1)),
    Case(
      function: Tanh(), value: { tanh($0) }, derivative: { 1 - tanh($0) * tanh($0) },
      limits: (-1, 1)),
  ]

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

  @Test(arguments: cases) func values(example: Case) {
    for results in [
      applied(example.function, Self.arguments), appliedAfterBias(example.function, Self.arguments),
    ] {
      for (z, y) in zip(Self.arguments, results) {
        let expected = example.value(Double(z))
        // Within some roundings of the result; below the smallest normal number its digits go.
        #expect(
          abs(Double(y) - expected) <= 3e-7 * abs(expected) + 1e-38, "f(\(z)) = \(y)")
      }
    }
  }

  @Test(arguments: cases) func extremes(example: Case) {
    for apply in [applied, appliedAfterBias] {
      let results = apply(example.function, [-.infinity, .infinity, .nan, -0.0, 0])
      #expect(results[0] == example.limits.0 && results[1] == example.limits.1)
      #expect(results[2].isNaN)
      #expect(results[3] == Float(example.value(0)) && results[4] == Float(example.value(0)))
    }
    // Without a bias in between, the sign of zero stays.
    if example.value(0) == 0 { #expect(applied(example.function, [-0.0])[0].sign == .minus) }
  }

  @Test(arguments: cases) func gradients(example: Case) {
    let values = buffer(applied(example.function, Self.arguments))
    for factor in [Float(1), -2.5] {
      let gradient = buffer(Self.arguments.map { _ in factor })
      example.function.applyGradient(
        to: gradient.view, values: values.view, width: Self.arguments.count)
      for (i, z) in Self.arguments.enumerated() {
        let expected = Double(factor) * example.derivative(Double(z))
        // The derivative is taken from the rounded value: of one near 1 the distance to 1 has lost
        // digits.
        #expect(
          abs(Double(gradient.view[i]) - expected) <= 3e-7
            * max(abs(expected), abs(Double(factor))),
          "f′(\(z))")
      }
    }
  }

  @Test(arguments: cases) func derivativeAtInfinityAndNaN(example: Case) {
    let values = buffer([example.limits.0, example.limits.1])
    let gradient = buffer([1, 1])
    example.function.applyGradient(to: gradient.view, values: values.view, width: 2)
    #expect(Double(gradient.view[0]) == Double(Float(example.derivative(-1_000))))
    #expect(Double(gradient.view[1]) == Double(Float(example.derivative(1_000))))
  }

  @Test(arguments: [1, 2, 10, 33]) func softmax(width: Int) {
    let logits = Numbers(7 * width, "logits", in: -100..<100)
    let results = applied(Softmax(), logits.view.array, width: width)
    let twin = NaiveSoftmaxCrossEntropy()
    for row in 0..<7 {
      let range = row * width..<(row + 1) * width
      let expected = twin.probabilities(Array(logits.doubles[range]))
      #expect(relativeError(Array(results[range]), expected) < 1e-6)
      #expect(abs(results[range].reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test func softmaxOfExtremes() {
    #expect(applied(Softmax(), [3e38, -3e38], width: 2) == [1, 0])
    #expect(applied(Softmax(), [-.infinity, 5, -.infinity], width: 3) == [0, 1, 0])
    #expect(applied(Softmax(), [1e30, 1e30], width: 2) == [0.5, 0.5])
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

  private func applied(_ function: Softmax, _ values: [Float], width: Int) -> [Float] {
    let buffer = buffer(values)
    function.apply(to: buffer.view, width: width)
    return buffer.view.array
  }
}
