internal import PinionTensor

/// The predictions and targets of a batch of classifications: rows of C values, one for each sample
/// or each position of a sample.
struct LabeledPredictions {
  /// Rows.
  let count: Int
  let classes: Int
  private let predictions: MemoryView<Float>
  private let targets: MemoryView<Float>
  private let targetSize: Int
  private let weights: MemoryView<Float>?
  private let rowsPerSample: Int

  /// Predictions (N, …, C), targets (N, …), (N, …, C) or, an index before what else a loss takes,
  /// (N, …, 1 + C), and weights (N,), not checked. Without `classes` each sample is one row.
  ///
  /// Throws if the views have other sizes, or a target of a class is NaN: it would be negative, as
  /// every comparison with it is false.
  init(
    predictions: MemoryView<Float>, targets: MemoryView<Float>,
    weights: MemoryView<Float>? = nil, count samples: Int, classes given: Int? = nil
  ) throws(ArgumentError) {
    guard samples >= 0 else {
      throw ArgumentError(place: "the batch", expected: "a number of samples", found: "\(samples)")
    }
    let classes = given ?? (samples > 0 ? predictions.count / samples : 1)
    guard samples == 0 || classes > 0,
      predictions.count.isMultiple(of: Swift.max(1, samples * classes)),
      samples > 0 || predictions.count == 0
    else {
      throw ArgumentError(
        place: "the predictions",
        expected: given.map { "rows of \($0) numbers, as many for each of \(samples) samples" }
          ?? "as many numbers for each of \(samples) samples",
        found: "\(predictions.count) numbers")
    }
    let rows = samples > 0 ? predictions.count / classes : 0
    guard rows > 0 || samples == 0 else {
      throw ArgumentError(
        place: "the predictions", expected: "numbers for each of \(samples) samples",
        found: "none")
    }
    let targetSize =
      targets.count == rows ? 1 : targets.count == rows * (classes + 1) ? classes + 1 : classes
    guard targets.count == rows * targetSize else {
      throw ArgumentError(
        place: "the targets",
        expected: "1 or \(classes) numbers for each of \(rows) rows of predictions",
        found: "\(targets.count) numbers")
    }
    if targetSize == classes, let place = targets.indices.first(where: { targets[$0].isNaN }) {
      throw ArgumentError(
        place: "target \(place / classes)", expected: "numbers", found: "nan")
    }
    self.weights = weights
    rowsPerSample = Swift.max(1, rows / Swift.max(1, samples))
    self.predictions = predictions
    self.targets = targets
    self.count = rows
    self.classes = classes
    self.targetSize = targetSize
  }

  /// Throws as well unless the weights are those of ``MetricBatch``.
  init(_ batch: MetricBatch) throws(ArgumentError) {
    try self.init(
      predictions: batch.predictions, targets: batch.targets, weights: batch.weights,
      count: batch.count, classes: batch.classes)
    try batch.checkWeights()
  }

  /// Throws unless the outputs are (…, C) with C ≥ `minimum` and the targets (…), (…, 1), (…, C) or
  /// (…, 1 + C).
  static func validate(
    output: Shape, target: Shape, for metric: String, minimum: Int = 2
  ) throws(ArgumentError) {
    guard let classes = output.last, classes >= minimum else {
      throw ArgumentError(
        place: "the outputs under the metric \"\(metric)\"",
        expected: "at least two classes along the last axis (for binary outputs use "
          + "BinaryAccuracy)", found: "the shape \(output)")
    }
    let rows = Array(output.dropLast())
    guard
      target == output || Array(target) == rows || Array(target) == rows + [1]
        || (classes > 1 && Array(target) == rows + [1 + classes])
    else {
      throw ArgumentError(
        place: "the targets under the metric \"\(metric)\"",
        expected: "the shape \(Shape(rows + [1])), class indices, or \(output), one-hot",
        found: "the shape \(target)")
    }
  }

  /// The weight of a row's sample, 1 without weights.
  func weight(_ row: Int) -> Double { weights.map { Double($0[row / rowsPerSample]) } ?? 1 }

  /// Whether the target of a class in a row is positive: above ½, or the class's index.
  ///
  /// Throws if an index is not a class.
  func isPositive(_ row: Int, _ column: Int) throws(ArgumentError) -> Bool {
    targetSize == classes ? targets[row * classes + column] > 0.5 : try label(row) == column
  }

  /// The target of a class in a row as a number: as given, or 1 for the class's index and else 0.
  ///
  /// Throws if an index is not a class.
  func target(_ row: Int, _ column: Int) throws(ArgumentError) -> Double {
    targetSize == classes
      ? Double(targets[row * classes + column]) : try label(row) == column ? 1 : 0
  }

  /// (C,).
  func prediction(_ row: Int) -> MemoryView<Float> {
    predictions[row * classes..<(row + 1) * classes]
  }

  /// Throws if an output of a row is outside 0…1; NaN is accepted.
  func checkProbability(
    _ output: Float, _ row: Int, for metric: String
  ) throws(ArgumentError) {
    guard output < 0 || output > 1 else { return }
    throw ArgumentError(
      place: "prediction \(row) under the metric \"\(metric)\"", expected: "a probability in 0...1",
      found: "\(output)")
  }

  /// The first most probable class of a row; nil if the row contains NaN.
  func predictedClass(_ row: Int) -> Int? {
    let prediction = prediction(row)
    return prediction.argmax().flatMap { prediction[$0].isNaN ? nil : $0 }
  }

  /// The class of a row: the index given, or the first largest of the target's values.
  ///
  /// Throws if it is not a class.
  func label(_ row: Int) throws(ArgumentError) -> Int {
    if targetSize == classes, classes > 1 {
      return targets[row * classes..<(row + 1) * classes].argmax() ?? 0
    }
    let index = targets[row * targetSize]
    guard let label = Int(exactly: index), label >= 0, label < classes else {
      throw ArgumentError(
        place: "target \(row)", expected: "a class index in 0...\(classes - 1)",
        found: "\(index)")
    }
    return label
  }
}
