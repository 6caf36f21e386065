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
}
