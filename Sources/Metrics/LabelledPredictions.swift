internal import PinionTensor

/// The predictions for a batch beside its targets, checked, as metrics of classifiers read them.
struct LabelledPredictions {
  let count: Int
  let classes: Int
  private let predictions: MemoryView<Float>
  private let targets: MemoryView<Float>
  private let targetSize: Int

  /// Predictions (N, C) and targets (N, 1) or (N, C), for N = `count`.
  ///
  /// Throws ``MetricError`` if the views have other sizes.
  init(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws(MetricError) {
    guard count >= 0 else {
      throw MetricError(place: "the batch", expected: "a number of samples", found: "\(count)")
    }
    let classes = count > 0 ? predictions.count / count : 1
    guard count == 0 || classes > 0, predictions.count == count * classes else {
      throw MetricError(
        place: "the predictions", expected: "as many numbers for each of \(count) samples",
        found: "\(predictions.count) numbers")
    }
    let targetSize = targets.count == count ? 1 : classes
    guard targets.count == count * targetSize else {
      throw MetricError(
        place: "the targets", expected: "1 or \(classes) numbers for each of \(count) samples",
        found: "\(targets.count) numbers")
    }
    self.predictions = predictions
    self.targets = targets
    self.count = count
    self.classes = classes
    self.targetSize = targetSize
  }

  /// The prediction for one sample, (C,).
  func prediction(_ row: Int) -> MemoryView<Float> {
    predictions[row * classes..<(row + 1) * classes]
  }

  /// The class of one sample: its index as given, or the first largest of its values.
  ///
  /// Throws ``MetricError`` if that is not one of the classes.
  func label(_ row: Int) throws(MetricError) -> Int {
    if targetSize > 1 {
      guard let label = targets[row * classes..<(row + 1) * classes].argmax() else {
        throw MetricError(place: "target \(row)", expected: "numbers", found: "nan")
      }
      return label
    }
    guard let label = Int(exactly: targets[row]), label >= 0, label < classes else {
      throw MetricError(
        place: "target \(row)", expected: "a class index in 0...\(classes - 1)",
        found: "\(targets[row])")
    }
    return label
  }
}
