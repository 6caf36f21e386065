import PinionTensor
import Testing

@testable import PinionLayers

/// Batch normalization against its twin in double precision, over every axis, within 10⁻⁵ (see
/// `relativeError`).
///
/// Gradients of inputs are sums that may cancel: their error is measured by the size of the terms,
/// γ/√(σ² + ε)·dy.
@Suite struct BatchNormalizationTests {
  struct Values: CustomTestStringConvertible {
    let center, spread: Float
    var testDescription: String { "\(center) ± \(spread)" }
  }

  static let values = [
    Values(center: 0, spread: 1), Values(center: 1_000, spread: 0.1),
    Values(center: -3, spread: 0.01),
  ]
  static let shapes: [Shape] = [
    [1, 1, 1], [3, 5, 7], [9, 8, 16], [14, 14, 33], [28, 28, 3], [1], [33], [7, 16], [2, 3, 4, 5],
  ]

  @Test(arguments: values) func training(values: Values) throws {
    for shape in Self.shapes {
      for axis in 1...shape.rank {
        for batch in [1, 2, 33] where batch * shape.elementCount < 100_000 {
          let graph = try Sequential(input: shape) { BatchNormalization(axis: axis) }.graph
          let run = GraphRun(graph, batch: batch, threads: 2)
          place(values, run)
          run.run()
          check(run, shape: shape, axis: axis, values: values)
        }
      }
    }
  }

  @Test(arguments: values) func inference(values: Values) throws {
    for shape in Self.shapes {
      for axis in 1...shape.rank {
        let graph = try Sequential(input: shape) { BatchNormalization(axis: axis) }.graph
        let run = GraphRun(graph, batch: 2, mode: .inference)
        place(values, run)
        let twin = NaiveBatchNormalization<Double>(
          shape: shape, axis: axis - 1, samples: 2, epsilon: 0.001)
        let x = run.inputs.view.array.map(Double.init)
        let statistics = twin.statistics(x)
        for (name, numbers) in [
          ("moving_mean", statistics.mean), ("moving_variance", statistics.variance),
        ] {
          let view = try #require(run.weights["batch_normalization/" + name])
          for c in view.indices { view[c] = Float(numbers[c]) }
        }
        run.run()
        let expected = twin.forward(
          x, mean: doubles(run, "/moving_mean"), variance: doubles(run, "/moving_variance"),
          gamma: doubles(run, "/gamma"), beta: doubles(run, "/beta"))
        #expect(relativeError(run.outputs, expected) <= 1e-5, "\(shape), axis \(axis)")
      }
    }
  }

  /// x − μ is 0, so that y = β and dx = γ/√ε·(dy − dy), exactly: optimizers would amplify rounding
  /// errors.
  @Test(arguments: [1, 3]) func overOneValueAPlace(threads: Int) throws {
    let cases: [(Shape, axis: Int)] = [
      ([1], 1), ([9], 1), ([129], 1), ([1, 1, 33], 3), ([1, 5, 1], 2), ([40, 1], 1),
    ]
    for (shape, axis) in cases {
      for values in Self.values + [Values(center: 0, spread: 1e20)] {
        let graph = try Sequential(input: shape) { BatchNormalization(axis: axis) }.graph
        let run = GraphRun(graph, batch: 1, threads: threads)
        place(values, run)
        run.run()
        #expect(run.outputs == run.parameter("/beta"), "\(shape)")
        #expect(run.inputGradient.allSatisfy { $0 == 0 }, "\(shape), \(values)")
        #expect(run.gradient("/gamma").allSatisfy { $0 == 0 }, "\(shape), \(values)")
        #expect(run.gradient("/beta") == run.outputGradient.map { Float($0) })
      }
    }
  }

  /// For equal values σ² = 0 and x̂ = 0, in spite of the rounding of their sum: dx = γ/√ε·(dy −
  /// mean(dy)).
  @Test(arguments: [Float(0.1), 1e-30, -16_777_215, 3e38]) func ofEqualValues(value: Float) throws {
    for (shape, axis) in [([3], 1), ([5, 4, 3], 3), ([5, 4, 3], 1)] as [(Shape, Int)] {
      let graph = try Sequential(input: shape) { BatchNormalization(axis: axis) }.graph
      let run = GraphRun(graph, batch: 7, threads: 2)
      run.inputs.view.fill(value)
      run.run()
      let twin = NaiveBatchNormalization<Double>(
        shape: shape, axis: axis - 1, samples: 7, epsilon: 0.001)
      let x = run.inputs.view.array.map(Double.init)
      let count = run.parameter("/gamma").count
      let mean = [Double](repeating: Double(value), count: count)
      let variance = [Double](repeating: 0, count: count)
      let (gamma, beta) = (doubles(run, "/gamma"), doubles(run, "/beta"))
      let y = twin.forward(x, mean: mean, variance: variance, gamma: gamma, beta: beta)
      #expect(run.outputs == y.map { Float($0) }, "\(shape), axis \(axis)")
      #expect(run.parameter("/moving_variance").allSatisfy { $0 == 0.99 })
      #expect(run.gradient("/gamma").allSatisfy { $0 == 0 })
      let gradients = twin.backward(
        x, mean: mean, variance: variance, gamma: gamma, outputGradient: run.outputGradient)
      #expect(relativeError(run.inputGradient, gradients.input) <= 1e-5)
    }
  }

  /// Squares overflow in single precision from 10¹⁹ on, their sums before; differences from
  /// 1.7·10³⁸ on.
  @Test(arguments: [Float(1e18), 3e18, 1e20, 1e25, 1e30, 1e36, 1e38, 3.4e38])
  func ofAnyFiniteValues(scale: Float) throws {
    for shape in Self.shapes {
      for axis in 1...shape.rank {
        for (batch, center) in [(2, 0), (33, 0.9), (33, -0.5)] as [(Int, Float)]
        where batch * shape.elementCount < 20_000 {
          let graph = try Sequential(input: shape) { BatchNormalization(axis: axis) }.graph
          let run = GraphRun(graph, batch: batch, threads: 2)
          // One channel in the usual range, which must keep its precision.
          let usual = shape[axis - 1] > 1 ? 1 : -1
          let inner = shape[axis...].reduce(1, *)
          for i in run.inputs.view.indices where i / inner % shape[axis - 1] != usual {
            run.inputs.view[i] = scale * (center + (1 - abs(center)) * run.inputs.view[i])
          }
          run.run()
          checkFinite(run, shape: shape, axis: axis, scale: scale)
        }
      }
    }
  }

  private func checkFinite(_ run: GraphRun, shape: Shape, axis: Int, scale: Float) {
    let place = "\(run.batch)×\(shape), axis \(axis)"
    let twin = NaiveBatchNormalization<Double>(
      shape: shape, axis: axis - 1, samples: run.batch, epsilon: 0.001)
    let x = run.inputs.view.array.map(Double.init)
    let (mean, variance) = twin.statistics(x)
    let (gamma, beta) = (doubles(run, "/gamma"), doubles(run, "/beta"))
    let y = twin.forward(x, mean: mean, variance: variance, gamma: gamma, beta: beta)
    #expect(relativeError(run.outputs, y) <= 1e-5, "outputs of \(place)")
    #expect(
      relativeError(run.parameter("/moving_mean"), mean.map { $0 * 0.01 }) <= 1e-5,
      "means of \(place)")
    for (moving, batch) in zip(run.parameter("/moving_variance"), variance) {
      let expected = Float(0.99 + batch * 0.01)
      #expect(
        expected == .infinity ? moving == .infinity : abs(moving / expected - 1) < 1e-5, "\(place)")
    }
    let dy = run.outputGradient
    let gradients = twin.backward(
      x, mean: mean, variance: variance, gamma: gamma, outputGradient: dy)
    #expect(
      relativeError(run.gradient("/gamma"), gradients.gamma, floor: norm(dy)) <= 1e-5,
      "gamma's gradient of \(place)")
    // Each place by itself: their factors differ by the scale. Below 10⁻³⁷ numbers are denormal.
    let inner = shape[axis...].reduce(1, *)
    for c in 0..<shape[axis - 1] {
      let factor = abs(gamma[c]) / (variance[c] + 0.001).squareRoot()
      guard factor > 1e-30 else { continue }
      let indices = x.indices.filter { $0 / inner % shape[axis - 1] == c }
      let error = relativeError(
        indices.map { run.inputGradient[$0] }, indices.map { gradients.input[$0] },
        floor: norm(dy) * factor)
      #expect(error <= 1e-5, "input's gradient of \(place), place \(c)")
    }
  }

  /// Inference with a mean from which inputs differ by more than the largest number.
  @Test func ofInputsFarFromTheMovingMean() throws {
    let graph = try Sequential(input: [2]) { BatchNormalization() }.graph
    let run = GraphRun(graph, batch: 1, mode: .inference, noise: 0)
    let mean = try #require(run.weights["batch_normalization/moving_mean"])
    let variance = try #require(run.weights["batch_normalization/moving_variance"])
    (mean[0], variance[0]) = (-3e38, 1e38)
    (run.inputs.view[0], run.inputs.view[1]) = (3e38, 0.5)
    run.run()
    #expect(abs(run.outputs[0] / 6e19 - 1) < 1e-5)
    #expect(abs(run.outputs[1] - 0.5 / Float(1.001).squareRoot()) < 1e-6)
  }

  private func place(_ values: Values, _ run: GraphRun) {
    for i in run.inputs.view.indices {
      run.inputs.view[i] = values.center + values.spread * run.inputs.view[i]
    }
  }

  private func doubles(_ run: GraphRun, _ name: String) -> [Double] {
    run.parameter(name).map(Double.init)
  }

  private func check(_ run: GraphRun, shape: Shape, axis: Int, values: Values) {
    let place = "\(run.batch)×\(shape), axis \(axis)"
    let twin = NaiveBatchNormalization<Double>(
      shape: shape, axis: axis - 1, samples: run.batch, epsilon: 0.001)
    let x = run.inputs.view.array.map(Double.init)
    let (mean, variance) = twin.statistics(x)
    let (gamma, beta) = (doubles(run, "/gamma"), doubles(run, "/beta"))
    let y = twin.forward(x, mean: mean, variance: variance, gamma: gamma, beta: beta)
    #expect(relativeError(run.outputs, y) <= 1e-5, "outputs of \(place)")
    #expect(
      relativeError(run.parameter("/moving_mean"), mean.map { $0 * 0.01 }) <= 1e-5,
      "means of \(place)")
    #expect(
      relativeError(run.parameter("/moving_variance"), variance.map { 0.99 + $0 * 0.01 }) <= 1e-5,
      "variances of \(place)")

    let dy = run.outputGradient
    let gradients = twin.backward(
      x, mean: mean, variance: variance, gamma: gamma, outputGradient: dy)
    #expect(
      relativeError(run.gradient("/beta"), gradients.beta, floor: norm(dy)) <= 1e-5,
      "beta's gradient of \(place)")
    #expect(
      relativeError(run.gradient("/gamma"), gradients.gamma, floor: norm(dy)) <= 1e-5,
      "gamma's gradient of \(place)")
    let factors = zip(gamma, variance).map { abs($0) / ($1 + 0.001).squareRoot() }
    #expect(
      relativeError(
        run.inputGradient, gradients.input, floor: norm(dy) * (factors.max() ?? 1)) <= 1e-5,
      "input's gradient of \(place)")
  }
}
