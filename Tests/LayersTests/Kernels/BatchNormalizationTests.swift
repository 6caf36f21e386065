import PinionTensor
import Testing

@testable import PinionLayers

/// Batch normalisation against its twin in double precision, over every axis, within 10⁻⁵ (see
/// `relativeError`).
///
/// Gradients of inputs are sums that may cancel: their error is measured by the size of the terms, γ/√(σ² +
/// ε)·dy.
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
          shape: shape, axis: axis - 1, images: 2, epsilon: 0.001)
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
      shape: shape, axis: axis - 1, images: run.batch, epsilon: 0.001)
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
