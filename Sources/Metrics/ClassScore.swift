/// How well one class, or the classes on average, were recognised.
public struct ClassScore: Sendable, Equatable, Codable {
  /// Of the samples predicted as the class, the share that are: TP / (TP + FP).
  public let precision: Double
  /// Of the samples of the class, the share predicted as it: TP / (TP + FN).
  public let recall: Double
  /// The harmonic mean of the two: 2·TP / (2·TP + FP + FN).
  public let f1: Double
  /// The number of samples of the class, or of all.
  public let support: Int

  /// Scores as they are.
  public init(precision: Double, recall: Double, f1: Double, support: Int) {
    self.precision = precision
    self.recall = recall
    self.f1 = f1
    self.support = support
  }

  /// The scores of a class; a share of nothing is 0, as scikit-learn's `zero_division=0`.
  init(truePositives: Int, predicted: Int, support: Int) {
    func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
    self.init(
      precision: share(truePositives, predicted), recall: share(truePositives, support),
      f1: share(2 * truePositives, predicted + support), support: support)
  }

  /// The mean of scores with the given weights, 0 if these sum to 0; its support is that of all.
  init(meanOf scores: [ClassScore], weights: [Double]) {
    let whole = weights.reduce(0, +)
    func mean(_ score: KeyPath<ClassScore, Double>) -> Double {
      let sum = zip(scores, weights).reduce(0) { $0 + $1.0[keyPath: score] * $1.1 }
      return whole > 0 ? Swift.min(1, sum / whole) : 0
    }
    self.init(
      precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1),
      support: scores.reduce(0) { $0 + $1.support })
  }
}
