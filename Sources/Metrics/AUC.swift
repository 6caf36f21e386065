internal import Glibc
public import PinionTensor

/// The area under the ROC or precision-recall curve over all thresholds of the scores.
///
/// With thresholds the scores are probabilities, sorted into buckets, as in Keras 3: constant
/// memory, and the area under the interpolated curve. Without, `thresholds: nil`, every score is
/// kept, and the area is exact: scikit-learn's `roc_auc_score` and, for precision and recall, its
/// `average_precision_score`, of any scores.
///
/// A target above ½ is positive, or it is a class index. Of several classes each is a binary
/// problem of its own: ``Average`` says how these become one number. If all targets of a problem
/// are of one class, its area is that of Keras or scikit-learn: 0 with thresholds; without, NaN
/// under the ROC curve, and 0 under the precision-recall curve if none is positive. NaN once an
/// output is NaN.
public struct AUC: WeightedMetric, Equatable, Codable {
  /// The curve, a function of the threshold, under which the area is computed.
  public enum Curve: String, Sendable, Codable {
    /// The true positive rate as a function of the false positive rate.
    case roc
    /// The precision as a function of the recall.
    case precisionRecall
  }

  /// How the areas of several classes become one.
  public enum Average: String, Sendable, Codable {
    /// The area of all classes' scores and targets together, as Keras 3's `AUC`.
    case micro
    /// The mean of the classes' areas, as scikit-learn's `roc_auc_score(multi_class="ovr")` and
    /// Keras 3's `AUC(multi_label=True)`.
    case macro
    /// The mean of the classes' areas, weighted by their samples.
    case weighted
  }

  public let curve: Curve
  /// The number of thresholds from 0 to 1, or nil for the exact area.
  public let thresholds: Int?
  /// The positive class; nil for every class of an output.
  public let classIndex: Int?
  /// Of every class.
  public let average: Average
  public let name: String

  /// The number of areas that are averaged.
  private var areaCount = 1
  /// Weights of positive and negative samples in each bucket of the first area, then of the others;
  /// an area's last holds the highest scores.
  private var buckets: [Bucket] = []
  /// A sample of each area in turn.
  private var samples: [ScoredSample] = []
  private var hasNaN = false

  struct Bucket: Sendable, Equatable, Codable {
    var positives = 0.0
    var negatives = 0.0
  }

  /// Defaults as Keras 3: the ROC curve, 200 thresholds.
  ///
  /// Throws `ArgumentError` unless there are 2 to 2²⁰ thresholds.
  public init(
    curve: Curve = .roc, thresholds: Int? = 200, classIndex: Int? = nil,
    average: Average = .micro, name: String = "auc"
  ) throws(ArgumentError) {
    if let thresholds, !(2...1 << 20).contains(thresholds) {
      throw ArgumentError(
        place: "the thresholds of an AUC", expected: "2 to \(1 << 20)", found: "\(thresholds)")
    }
    self.curve = curve
    self.thresholds = thresholds
    self.classIndex = classIndex
    self.average = average
    self.name = name
  }

  /// A state of an earlier version has no averages over classes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    curve = try container.decode(Curve.self, forKey: .curve)
    thresholds = try container.decodeIfPresent(Int.self, forKey: .thresholds)
    classIndex = try container.decodeIfPresent(Int.self, forKey: .classIndex)
    average = try container.decodeIfPresent(Average.self, forKey: .average) ?? .micro
    name = try container.decode(String.self, forKey: .name)
    areaCount = try container.decodeIfPresent(Int.self, forKey: .areaCount) ?? 1
    buckets = try container.decode([Bucket].self, forKey: .buckets)
    samples = try container.decode([ScoredSample].self, forKey: .samples)
    hasNaN = try container.decode(Bool.self, forKey: .hasNaN)
    // Without a product, which could overflow.
    let each = buckets.count / Swift.max(1, areaCount)
    guard areaCount > 0, samples.count % areaCount == 0,
      buckets.isEmpty || (each == thresholds && each * areaCount == buckets.count)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .buckets, in: container,
        debugDescription:
          "expected buckets or samples of \(areaCount) areas, found \(buckets.count) and "
          + "\(samples.count)")
    }
  }

  public var higherIsBetter: Bool { true }

  public mutating func reset() {
    areaCount = 1
    buckets = []
    samples.removeAll(keepingCapacity: true)
    hasNaN = false
  }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
    let classes = output.last ?? 1
    guard let classIndex, classIndex < 0 || classIndex >= classes else { return }
    throw ArgumentError(
      place: "the class of the metric \"\(name)\"", expected: "0...\(classes - 1)",
      found: "\(classIndex)")
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says, a target is not a
  /// class, or a score is not in 0…1 though there are thresholds; the metric then holds a part of
  /// the batch.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let batch = try LabeledPredictions(batch)
    let areas = average == .micro || classIndex != nil ? 1 : batch.classes
    if buckets.isEmpty, samples.isEmpty {
      areaCount = areas
      buckets = Array(repeating: Bucket(), count: areas * (thresholds ?? 0))
    }
    guard classIndex ?? 0 >= 0, classIndex ?? 0 < batch.classes, areas == areaCount else {
      throw ArgumentError(
        place: "the predictions", expected: "more classes than \(classIndex ?? 0)",
        found: "\(batch.classes)")
    }
    let columns = classIndex.map { $0..<$0 + 1 } ?? 0..<batch.classes
    for row in 0..<batch.count {
      let (weight, scores) = (batch.weight(row), batch.prediction(row))
      for column in columns {
        let score = scores[column]
        let isPositive = try batch.isPositive(row, column)
        if score.isNaN {
          hasNaN = true
        } else if thresholds == nil {
          samples.append(ScoredSample(score: score, isPositive: isPositive, weight: weight))
        } else {
          let first = areaCount == 1 ? 0 : column * (thresholds ?? 0)
          try batch.checkProbability(score, row, for: name)
          let bucket = first + bucket(of: score)
          if isPositive {
            buckets[bucket].positives += weight
          } else {
            buckets[bucket].negatives += weight
          }
        }
      }
    }
  }

  /// The last threshold below a score in 0…1; in single precision, as Keras computes it.
  private func bucket(of score: Float) -> Int {
    Swift.max(0, Int(ceilf(score * Float((thresholds ?? 1) - 1))) - 1)
  }

  /// From 0 to 1; 0 without samples.
  public var value: Double {
    if hasNaN { return .nan }
    if buckets.isEmpty, samples.isEmpty { return 0 }
    guard areaCount > 1 else { return area(0).value }
    var (sum, total) = (0.0, 0.0)
    for index in 0..<areaCount {
      let area = area(index)
      let weight = average == .weighted ? area.positives : 1
      // A class without samples, whose area may be NaN, has no weight.
      sum += weight == 0 ? 0 : weight * area.value
      total += weight
    }
    return total > 0 ? sum / total : 0
  }

  /// The area of a class, and the weight of its positive samples.
  private func area(_ index: Int) -> (value: Double, positives: Double) {
    guard let thresholds else {
      let own =
        areaCount == 1
        ? samples : stride(from: index, to: samples.count, by: areaCount).map { samples[$0] }
      let positives = own.reduce(0) { $0 + ($1.isPositive ? $1.weight : 0) }
      return (curve == .roc ? own.rocArea : own.averagePrecision, positives)
    }
    let points = points(of: buckets[index * thresholds..<(index + 1) * thresholds])
    return (
      curve == .roc ? rocArea(points) : precisionRecallArea(points), points.first?.true ?? 0
    )
  }

  private typealias Point = (true: Double, false: Double)

  /// True and false positives above each threshold.
  private func points(of buckets: ArraySlice<Bucket>) -> [Point] {
    var sum = Bucket()
    return buckets.reversed().map { bucket in
      sum.positives += bucket.positives
      sum.negatives += bucket.negatives
      return (sum.positives, sum.negatives)
    }.reversed()
  }

  /// By the trapezoidal rule.
  private func rocArea(_ points: [Point]) -> Double {
    guard let all = points.first, all.true > 0, all.false > 0 else { return 0 }
    let area = zip(points, points.dropFirst()).reduce(0) { area, pair in
      area + (pair.0.false - pair.1.false) * (pair.0.true + pair.1.true) / 2
    }
    return area / (all.true * all.false)
  }

  /// With true and false positives interpolated linearly between thresholds (Davis and Goadrich
  /// 2006), ∫ P dR = Σ slope · (ΔTP + intercept · log(pᵢ / pᵢ₊₁)) / positives, p = TP + FP.
  private func precisionRecallArea(_ points: [Point]) -> Double {
    guard let all = points.first, all.true > 0 else { return 0 }
    let area = zip(points, points.dropFirst()).reduce(0) { area, pair in
      let (p, next) = (pair.0.true + pair.0.false, pair.1.true + pair.1.false)
      guard p > next else { return area }
      let difference = pair.0.true - pair.1.true
      let slope = difference / (p - next)
      let intercept = pair.1.true - slope * next
      let ratio = p > 0 && next > 0 ? log(p / next) : 0
      return area + slope * (difference + intercept * ratio)
    }
    return area / all.true
  }
}

/// A score with its target.
struct ScoredSample: Sendable, Equatable, Codable {
  let score: Float
  let isPositive: Bool
  let weight: Double
}

extension [ScoredSample] {
  /// Σ over distinct scores, from the highest, of `term(ΔTP, ΔFP, TP, FP)`; TP and FP being the
  /// totals after it.
  private func sweep(
    _ term: (
      _ newTrue: Double, _ newFalse: Double, _ truePositives: Double, _ falsePositives: Double
    ) -> Double
  ) -> (sum: Double, positives: Double, negatives: Double) {
    let ordered = sorted { $0.score > $1.score }
    var (sum, positives, negatives) = (0.0, 0.0, 0.0)
    var index = 0
    while index < ordered.count {
      let score = ordered[index].score
      var (newTrue, newFalse) = (0.0, 0.0)
      while index < ordered.count, ordered[index].score == score {
        if ordered[index].isPositive {
          newTrue += ordered[index].weight
        } else {
          newFalse += ordered[index].weight
        }
        index += 1
      }
      positives += newTrue
      negatives += newFalse
      sum += term(newTrue, newFalse, positives, negatives)
    }
    return (sum, positives, negatives)
  }

  /// The probability that a positive sample has a higher score than a negative one, ties counting
  /// half; NaN if there is only one class, 0 without samples.
  var rocArea: Double {
    guard !isEmpty else { return 0 }
    let (area, positives, negatives) = sweep { newTrue, newFalse, truePositives, _ in
      newFalse * (truePositives - newTrue / 2)
    }
    return positives > 0 && negatives > 0 ? area / (positives * negatives) : .nan
  }

  /// Σ (Rₙ − Rₙ₋₁) · Pₙ over the thresholds, which are the scores; 0 without a positive sample.
  var averagePrecision: Double {
    let (sum, positives, _) = sweep { newTrue, _, truePositives, falsePositives in
      newTrue > 0 ? newTrue * truePositives / (truePositives + falsePositives) : 0
    }
    return positives > 0 ? sum / positives : 0
  }
}
