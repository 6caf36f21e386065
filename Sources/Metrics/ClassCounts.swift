internal import PinionTensor

/// The average of the scores of classes.
public enum ClassAverage: Sendable, Hashable, Codable {
  /// The mean over all classes, those without samples included.
  case macro
  /// The mean over the classes, weighted by their samples.
  case weighted
  /// The score of all classes' counts added up.
  case micro
  /// The score of one class, such as 1 of the classes 0 and 1.
  case `class`(Int)
}

/// The counts from which precision, recall and F-scores are computed: for each class the weight of
/// the samples that are of it, that were predicted as it, and both.
struct ClassCounts: Sendable, Equatable, Codable {
  struct Counts: Sendable, Equatable, Codable {
    var truePositives = 0.0
    var predicted = 0.0
    var actual = 0.0
  }

  private(set) var classes: [Counts] = []
  private(set) var hasNaN = false

  /// Adds a batch. Without a threshold a single output above ½ is positive, and of several classes
  /// the first most probable one is predicted; with one every class above it is.
  ///
  /// Throws if a target is not a class or the batch has another number of classes than before.
  mutating func add(_ batch: LabeledPredictions, threshold: Float?) throws(ArgumentError) {
    guard classes.isEmpty || classes.count == batch.classes else {
      throw ArgumentError(
        place: "the predictions", expected: "\(classes.count) classes", found: "\(batch.classes)")
    }
    var sum = self
    if sum.classes.isEmpty { sum.classes = Array(repeating: Counts(), count: batch.classes) }
    let threshold = threshold ?? (batch.classes == 1 ? 0.5 : nil)
    for row in 0..<batch.count {
      let (weight, scores) = (batch.weight(row), batch.prediction(row))
      guard let best = batch.predictedClass(row) else {
        sum.hasNaN = true
        continue
      }
      for column in 0..<batch.classes {
        let isActual = try batch.isPositive(row, column)
        let isPredicted = threshold.map { scores[column] > $0 } ?? (column == best)
        if isActual { sum.classes[column].actual += weight }
        if isPredicted { sum.classes[column].predicted += weight }
        if isActual && isPredicted { sum.classes[column].truePositives += weight }
      }
    }
    self = sum
  }

  /// The score of each class. 0/0 is 0.
  func scores(_ score: (Counts) -> (part: Double, whole: Double)) -> [Double] {
    classes.map { hasNaN ? .nan : Self.share(score($0)) }
  }

  func average(
    _ average: ClassAverage, _ score: (Counts) -> (part: Double, whole: Double)
  ) -> Double {
    guard !classes.isEmpty, !hasNaN else { return hasNaN ? .nan : 0 }
    let scores = scores(score)
    switch average {
    case .macro: return scores.reduce(0, +) / Double(scores.count)
    case .weighted:
      let sum = zip(scores, classes).reduce(0) { $0 + $1.0 * $1.1.actual }
      return Self.share((sum, classes.reduce(0) { $0 + $1.actual }))
    case .micro:
      return Self.share(
        score(
          classes.reduce(into: Counts()) { sum, counts in
            sum.truePositives += counts.truePositives
            sum.predicted += counts.predicted
            sum.actual += counts.actual
          }))
    case .class(let index): return scores.indices.contains(index) ? scores[index] : .nan
    }
  }

  private static func share(_ share: (part: Double, whole: Double)) -> Double {
    share.whole > 0 ? share.part / share.whole : 0
  }

  /// Throws unless outputs and targets match and have the class of the average.
  static func validate(
    output: Shape, target: Shape, _ average: ClassAverage, for name: String
  ) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
    guard case .class(let index) = average, index < 0 || index >= output.last ?? 1 else { return }
    throw ArgumentError(
      place: "the class of the metric \"\(name)\"", expected: "0...\((output.last ?? 1) - 1)",
      found: "\(index)")
  }
}
