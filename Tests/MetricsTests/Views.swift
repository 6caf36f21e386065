import PinionMetrics
import PinionTensor

/// Calls `body` with memory that holds the given numbers.
func withView<Result>(
  _ values: [Float], _ body: (MemoryView<Float>) throws -> Result
) rethrows -> Result {
  let buffer = AlignedBuffer(count: values.count)
  for (position, value) in values.enumerated() { buffer.view[position] = value }
  return try withExtendedLifetime(buffer) { try body(buffer.view) }
}

extension Metric {
  /// Adds a batch from arrays.
  mutating func add(_ predictions: [Float], _ targets: [Float], count: Int) throws {
    try withView(predictions) { predictions in
      try withView(targets) { targets in
        try add(predictions: predictions, targets: targets, count: count)
      }
    }
  }

  /// Adds a batch of weighted samples, each with one row of outputs.
  mutating func add(
    _ predictions: [Float], _ targets: [Float], weights: [Float], count: Int
  ) throws {
    try withView(predictions) { predictions in
      try withView(targets) { targets in
        try withView(weights) { weights in
          try add(
            MetricBatch(
              predictions: predictions, targets: targets, weights: weights, count: count,
              outputShape: [predictions.count / count]))
        }
      }
    }
  }
}
