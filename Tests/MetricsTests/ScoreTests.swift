import Foundation
import PinionMetrics
import PinionTensor
import PinionTestSupport
import Testing

/// Scores against scikit-learn's (`make_score_fixtures.py`) and Keras's (`keras/make_metrics.py`),
/// with and without weights.
@Suite struct ScoreTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let predictions: FixtureTensor
    let weights: [Float]
    let plain: [String: Double?]
    let weighted: [String: Double?]

    var testDescription: String { name }
  }

  struct ScikitCase: Decodable { let targets: [Float] }
  struct KerasCase: Decodable { let targets: FixtureTensor }

  private static func load<Targets: Decodable>(
    _ name: String, _ targets: KeyPath<Targets, [Float]>
  ) -> [(Case, [Float])] {
    do {
      return Array(
        zip(
          try Fixture.load(name, as: [Case].self),
          try Fixture.load(name, as: [Targets].self).map { $0[keyPath: targets] }))
    } catch {
      Issue.record(error)
      return []
    }
  }

  static let scikit = load("scores", \ScikitCase.targets)
  static let keras = load("keras_metrics", \KerasCase.targets.data)

  private func average(_ word: Substring) -> ClassAverage {
    switch word {
    case "weighted": .weighted
    case "micro": .micro
    default: .macro
    }
  }

  /// The metric under a fixture's name; nil for losses, which are tested where they are known.
  private func metric(_ key: String) throws -> (any Metric)? {
    let words = key.split(separator: " ")
    let threshold = words.count > 1 && words[words.count - 2] == "at" ? Float(words.last!) : nil
    let average = average(words.count > 1 ? words[1] : "macro")
    switch words[0] {
    case "roc", "pr":
      return try AUC(
        curve: words[0] == "roc" ? .roc : .precisionRecall, thresholds: nil,
        classIndex: words[1] == "of" ? 1 : nil, average: .init(rawValue: "\(words[1])") ?? .micro)
    case "auc":
      return try AUC(
        curve: words[1] == "roc" ? .roc : .precisionRecall,
        thresholds: words.count > 2 ? Int(words[2]) ?? 200 : 200,
        average: words.last == "macro" ? .macro : .micro)
    case "brier": return BrierScore()
    case "ece": return try ExpectedCalibrationError()
    // Elementwise thresholds have the counts of all labels.
    case "precision":
      return Precision(threshold: threshold, average: threshold == nil ? average : .micro)
    case "recall":
      return Recall(threshold: threshold, average: threshold == nil ? average : .micro)
    case "f1", "f2":
      return try FBetaScore(
        beta: words[0] == "f1" ? 1 : 2, threshold: threshold, average: average)
    case "kappa": return CohenKappa(distance: try #require(.init(rawValue: String(words[1]))))
    case "mcc": return MatthewsCorrelation()
    case "iou": return MeanIoU()
    case "r2": return R2Score()
    case "rmse": return RootMeanSquaredError()
    case "accuracy": return Accuracy()
    case "binary":
      return words[1] == "accuracy" ? BinaryAccuracy(threshold: threshold ?? 0.5) : nil
    case "mae", "mse", "mape", "log", "categorical": return nil
    default: throw ArgumentError(place: "fixture", expected: "a known metric", found: key)
    }
  }

  private func expect(_ fixture: Case, _ targets: [Float], tolerance: Double) throws {
    var compared = 0
    for (weights, values) in [(nil, fixture.plain), (fixture.weights, fixture.weighted)] {
      for (key, expected) in values {
        guard var metric = try metric(key) else { continue }
        try metric.addInBatches(fixture.predictions, targets, weights: weights)
        let value = metric.value
        if let expected {
          #expect(
            abs(value - expected) <= tolerance, "\(fixture.name), \(key): \(value), \(expected)")
        } else {
          #expect(value.isNaN, "\(fixture.name), \(key): \(value)")
        }
        compared += 1
        // A checkpoint in the middle changes nothing.
        #expect(try metric.readBack().value.bitPattern == value.bitPattern)
        metric.reset()
        #expect(metric.value == 0)
      }
    }
    #expect(compared >= 2)
  }

  @Test func asScikitLearn() throws {
    #expect(Self.scikit.count >= 10)
    for (fixture, targets) in Self.scikit { try expect(fixture, targets, tolerance: 1e-12) }
  }

  /// Keras sums in single precision and adds 10⁻⁷ to denominators.
  @Test func asKeras() throws {
    #expect(Self.keras.count >= 8)
    for (fixture, targets) in Self.keras { try expect(fixture, targets, tolerance: 2e-6) }
  }

  @Test func weightsOfOneChangeNothing() throws {
    for (fixture, targets) in Self.scikit + Self.keras {
      for key in fixture.plain.keys {
        guard var plain = try metric(key), var weighted = try metric(key) else { continue }
        try plain.addInBatches(fixture.predictions, targets, weights: nil)
        try weighted.addInBatches(
          fixture.predictions, targets, weights: fixture.weights.map { _ in 1 })
        #expect(plain.value.bitPattern == weighted.value.bitPattern, "\(fixture.name), \(key)")
      }
    }
  }

  /// Metrics of a NaN are NaN, from the first batch to the last; only the accuracy that is known
  /// from Keras counts it as wrong.
  @Test func notANumberShows() throws {
    let keys = [
      "roc exact", "pr exact", "auc roc", "auc pr", "brier", "ece", "precision", "recall", "f1",
      "kappa equal", "mcc", "iou", "r2", "rmse", "binary accuracy", "precision at 0.5",
    ]
    for key in keys {
      for width in [1, 2] {
        var metric = try #require(try metric(key))
        let predictions = FixtureTensor(
          shape: [4, width], data: (0..<4 * width).map { $0 == 0 ? .nan : Float($0) / 16 })
        let targets = (0..<4 * width).map { Float($0 % 2) }
        try metric.addInBatches(predictions, targets, weights: nil)
        #expect(metric.value.isNaN, "\(key) of \(width)")
        #expect(try metric.readBack().value.isNaN)
        metric.reset()
        #expect(metric.value == 0)
      }
    }
  }

  @Test func whatIsNotValid() throws {
    #expect(throws: ArgumentError.self) { try AUC(thresholds: 1) }
    #expect(throws: ArgumentError.self) { try FBetaScore(beta: 0) }
    #expect(throws: ArgumentError.self) { try ExpectedCalibrationError(bins: 0) }
    #expect(throws: ArgumentError.self) {
      try AUC(classIndex: 3).validate(output: [3], target: [1])
    }
    #expect(throws: ArgumentError.self) {
      try Recall(average: .class(2)).validate(output: [2], target: [1])
    }
    try Recall(average: .class(1)).validate(output: [2], target: [1])
    #expect(throws: ArgumentError.self) { try R2Score().validate(output: [3], target: [1]) }
    #expect(throws: ArgumentError.self) { try MeanIoU().validate(output: [4, 3], target: [2]) }
    try MeanIoU().validate(output: [4, 3], target: [4])
    var area = try AUC()
    #expect(throws: ArgumentError.self) { try area.add([1.5], [1], count: 1) }
    var score = Precision()
    #expect(throws: ArgumentError.self) { try score.add([0.5, 0.5], [2], count: 1) }
    try score.add([0.5, 0.5], [1], count: 1)
    #expect(throws: ArgumentError.self) { try score.add([0.5, 0.5, 0], [1], count: 1) }
    var correlation = MatthewsCorrelation()
    #expect(throws: ArgumentError.self) { try correlation.add([0.5, 0.5], [-1], count: 1) }
  }

  /// A state that an earlier version saved has one area for all classes.
  @Test func areasOfEarlierVersionsAreRead() throws {
    let saved = #"""
      {"curve": "roc", "thresholds": 3, "name": "auc", "samples": [], "hasNaN": false,
       "buckets": [{"positives": 1, "negatives": 3}, {"positives": 2, "negatives": 0},
                   {"positives": 0, "negatives": 0}]}
      """#
    let area = try JSONDecoder().decode(AUC.self, from: Data(saved.utf8))
    #expect(area.average == .micro && area.value == 2.5 / 3)
    let broken = saved.replacing(#""thresholds": 3"#, with: #""thresholds": 4"#)
    // As many areas as an integer holds, with a single sample.
    let endless = #"""
      {"curve": "roc", "name": "auc", "average": "macro", "areaCount": 9223372036854775807,
       "samples": [{"score": 1, "isPositive": true, "weight": 1}], "hasNaN": false, "buckets": []}
      """#
    for text in [broken, endless] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(AUC.self, from: Data(text.utf8))
      }
    }
  }

  @Test func scoresOfEachClass() throws {
    var (precision, recall) = (Precision(), Recall(average: .class(1)))
    let outputs: [Float] = [0.9, 0.1, 0, 0.2, 0.8, 0, 0.3, 0.6, 0.1, 0.5, 0.5, 0]
    #expect(precision.values == [])
    try precision.add(outputs, [0, 1, 0, 2], count: 4)
    try recall.add(outputs, [0, 1, 0, 2], count: 4)
    #expect(precision.values == [0.5, 0.5, 0])
    #expect(recall.values == [0.5, 1, 0] && recall.value == 1)
    #expect(abs(precision.value - 1.0 / 3) < 1e-15)
  }
}

extension Metric {
  /// Adds samples in two batches, of which the first has a third.
  fileprivate mutating func addInBatches(
    _ predictions: FixtureTensor, _ targets: [Float], weights: [Float]?
  ) throws {
    let samples = predictions.shape[0]
    let (outputs, size) = (predictions.data, targets.count / samples)
    let width = outputs.count / samples
    for range in [0..<samples / 3, samples / 3..<samples] {
      try withView(Array(outputs[range.lowerBound * width..<range.upperBound * width])) { outputs in
        try withView(Array(targets[range.lowerBound * size..<range.upperBound * size])) { targets in
          try withView(weights.map { Array($0[range]) } ?? []) { view in
            try add(
              MetricBatch(
                predictions: outputs, targets: targets, weights: weights == nil ? nil : view,
                count: range.count, outputShape: Shape(Array(predictions.shape.dropFirst()))))
          }
        }
      }
    }
  }

  fileprivate func readBack() throws -> Self {
    let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(Self.self, from: encoder.encode(self))
  }
}
