public import PinionMetrics
internal import PinionTensor

/// How often samples of one class were taken for another.
public struct ConfusedPair: Sendable, Equatable, CustomStringConvertible {
  /// The name of the class that they are of.
  public let actual: String
  /// The name of the class that they were predicted to be of.
  public let predicted: String
  /// The number of these samples.
  public let count: Int
  /// The number of all samples of their class.
  public let total: Int

  /// In words: `Shirt taken for T-shirt/top: 112 of 1,000 (11.2 %)`.
  public var description: String {
    let share = SignificantText.percent(Double(count) / Double(total))
    return "\(actual) taken for \(predicted): "
      + "\(NumberText.grouped(count)) of \(NumberText.grouped(total)) (\(share))"
  }
}

extension ConfusionMatrix {
  /// The classes most often taken for others, as shares of their samples, the most confused first; of equal ones in order of the classes.
  ///
  /// - Parameter limit: How many at most. Default: 10. Pairs that were never confused are not among them.
  public func mostConfusedPairs(_ limit: Int = 10) -> [ConfusedPair] {
    let totals = rowTotals
    var pairs: [(share: Double, place: Int, pair: ConfusedPair)] = []
    for actual in 0..<classCount {
      for predicted in 0..<classCount where predicted != actual {
        let count = self[true: actual, predicted: predicted]
        guard count > 0 else { continue }
        let pair = ConfusedPair(
          actual: classNames[actual], predicted: classNames[predicted], count: count,
          total: totals[actual])
        pairs.append((Double(count) / Double(totals[actual]), pairs.count, pair))
      }
    }
    return pairs.sorted { ($1.share, $0.place) < ($0.share, $1.place) }
      .prefix(max(0, limit)).map(\.pair)
  }
}
