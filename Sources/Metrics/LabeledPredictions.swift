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

  /// Predictions (N, …, C) and targets (N, …) or (N, …, C). Without `classes` each sample is one
  /// row.
  ///
  /// Throws if the views have other sizes.
  init(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count samples: Int,
    classes given: Int? = nil
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
    let targetSize = targets.count == rows ? 1 : classes
    guard targets.count == rows * targetSize else {
      throw ArgumentError(
        place: "the targets",
        expected: "1 or \(classes) numbers for each of \(rows) rows of predictions",
        found: "\(targets.count) numbers")
    }
    self.predictions = predictions
    self.targets = targets
    self.count = rows
    self.classes = classes
    self.targetSize = targetSize
  }

  /// Throws unless the outputs are (…, C) with C ≥ 2 and the targets (…), (…, 1) or (…, C).
  static func validate(output: Shape, target: Shape, for metric: String) throws(ArgumentError) {
    guard let classes = output.last, classes > 1 else {
      throw ArgumentError(
        place: "the outputs under the metric \"\(metric)\"",
        expected: "at least two classes along the last axis", found: "the shape \(output)")
    }
    let rows = Array(output.dropLast())
    guard target == output || Array(target) == rows || Array(target) == rows + [1] else {
      throw ArgumentError(
        place: "the targets under the metric \"\(metric)\"",
        expected: "the shape \(Shape(rows + [1])), class indices, or \(output), one-hot",
        found: "the shape \(target)")
    }
  }

  /// (C,).
  func prediction(_ row: Int) -> MemoryView<Float> {
    predictions[row * classes..<(row + 1) * classes]
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
    if targetSize > 1 {
      let target = targets[row * classes..<(row + 1) * classes]
      guard let label = target.argmax(), !target[label].isNaN else {
        throw ArgumentError(place: "target \(row)", expected: "numbers", found: "nan")
      }
      return label
    }
    guard let label = Int(exactly: targets[row]), label >= 0, label < classes else {
      throw ArgumentError(
        place: "target \(row)", expected: "a class index in 0...\(classes - 1)",
        found: "\(targets[row])")
    }
    return label
  }
}
