import Pinion
import PinionTensor
import PinionTestSupport
import Testing

/// Losses as metrics against Keras's metrics of the same names (`keras/make_metrics.py`), with and
/// without weights.
@Suite struct LossMetricTests {
  private struct Case: Decodable {
    let predictions, targets: FixtureTensor
    let weights: [Float]
    let plain, weighted: [String: Double?]
  }

  private func metric(_ key: String) -> (any Metric)? {
    switch key {
    case "mae": LossMetric(.meanAbsoluteError)
    case "mse": LossMetric(.meanSquaredError)
    case "mape": LossMetric(.meanAbsolutePercentageError)
    case "log cosh": LossMetric(.logCosh)
    case "binary crossentropy": LossMetric(.binaryCrossEntropy)
    case "categorical crossentropy": LossMetric(.categoricalCrossEntropy)
    default: nil
    }
  }

  private func value(of metric: any Metric, _ fixture: Case, isWeighted: Bool) throws -> Double {
    var metric = metric
    let predictions = Tensor(fixture.predictions.data)
    let targets = Tensor(fixture.targets.data)
    let weights = Tensor(fixture.weights)
    try predictions.read { predictions in
      try targets.read { targets in
        try weights.read { weights in
          try metric.add(
            MetricBatch(
              predictions: predictions, targets: targets, weights: isWeighted ? weights : nil,
              count: fixture.predictions.shape[0],
              outputShape: Shape(Array(fixture.predictions.shape.dropFirst()))))
        }
      }
    }
    return metric.value
  }

  @Test func asKeras() throws {
    var names: Set<String> = []
    for fixture in try Fixture.load("keras_metrics", as: [Case].self) {
      for (isWeighted, values) in [(false, fixture.plain), (true, fixture.weighted)] {
        for (key, expected) in values {
          guard let metric = metric(key), let expected else { continue }
          let value = try value(of: metric, fixture, isWeighted: isWeighted)
          #expect(
            abs(value - expected) <= 2e-6 * max(1, abs(expected)),
            "\(key), weighted: \(isWeighted): \(value), \(expected)")
          names.insert(key)
        }
      }
    }
    #expect(names.count == 6)
  }

  /// Of targets (2, 2) for an output (1,), which is no target shape of the library's losses.
  private struct Squares: Loss {
    func validate(output: Shape, target: Shape) throws {
      guard output == [1], target == [2, 2] else {
        throw LayerError("targets (2, 2)", received: "\(target)")
      }
    }

    func evaluate(_ context: LossContext) {
      for i in context.losses.indices {
        context.losses[i] = context.outputs[i] * context.targets[4 * i + 3]
      }
    }
  }

  private func add(
    _ predictions: [Float], _ targets: [Float], _ weights: [Float]? = nil, shape: Shape,
    to metric: inout some Metric
  ) throws {
    try Tensor(predictions).read { predictions in
      try Tensor(targets).read { targets in
        try Tensor(weights ?? [1]).read { view in
          try metric.add(
            MetricBatch(
              predictions: predictions, targets: targets, weights: weights == nil ? nil : view,
              count: 2, outputShape: shape))
        }
      }
    }
  }

  private func place(
    _ loss: some Loss, _ predictions: [Float], _ targets: [Float], _ weights: [Float]? = nil,
    shape: Shape
  ) -> String? {
    var metric = LossMetric(loss, name: "a loss")
    let error = #expect(throws: ArgumentError.self) {
      try add(predictions, targets, weights, shape: shape, to: &metric)
    }
    #expect(metric.value == 0)
    return error?.place
  }

  @Test func whatIsNotABatch() throws {
    let four: [Float] = [0.5, 0.5, 0.2, 0.8]
    let targets = "the targets under the metric \"a loss\""
    #expect(place(.meanSquaredError, four, [1, 0], shape: [2]) == targets)
    #expect(place(.binaryCrossEntropy, four, [1, 0, 1, 0, 1, 0], shape: [2]) == targets)
    #expect(place(.meanSquaredError, four, [1, 0, 1], shape: [2]) == targets)
    #expect(place(.sparseCategoricalCrossEntropy, four, four, shape: [2]) == targets)
    #expect(place(.categoricalCrossEntropy, four, [1, 0], shape: [2]) == targets)
    #expect(place(.meanSquaredError, four, four, shape: [3]) == "the predictions")
    #expect(place(.meanSquaredError, [1, 2, 3], four, shape: [2]) == "the predictions")
    for bad in [Float.nan, .infinity, -1] {
      #expect(place(.meanSquaredError, four, four, [1, bad], shape: [2]) == "weight 1")
    }
    #expect(place(.meanSquaredError, four, four, [1], shape: [2]) == "the number of weights")
  }

  @Test func targetsOfOtherShapesAreTaken() throws {
    var labels = LossMetric(.sparseCategoricalCrossEntropy)
    try add([0.5, 0.5, 0.5, 0.5], [0, 1], shape: [2], to: &labels)
    #expect(abs(labels.value - 0.6931472) < 1e-6)
    var own = LossMetric(Squares())
    try add([1, 2], [0, 0, 0, 3, 0, 0, 0, 4], shape: [1], to: &own)
    #expect(own.value == 5.5)
  }

  @Test func notANumberShowsOfWeightZero() throws {
    var metric = LossMetric(.meanAbsoluteError)
    try add([.nan, 1], [1, 1], [0, 1], shape: [1], to: &metric)
    #expect(metric.value.isNaN)
    metric.reset()
    try add([7, 1], [1, 2], [0, 1], shape: [1], to: &metric)
    #expect(metric.value == 1)
  }
}
