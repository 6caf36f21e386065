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
    return PrintableText.escaped("\(actual) taken for \(predicted): ")
      + "\(NumberText.grouped(count)) of \(NumberText.grouped(total)) (\(share))"
  }
}

extension ConfusionMatrix {
  /// The classes most often taken for others, as shares of their samples, the most confused first; of equal ones in order of the classes.
  ///
  /// - Parameter limit: How many at most. Default: 10. Pairs that were never confused are not among them.
  public func mostConfusedPairs(_ limit: Int = 10) -> [ConfusedPair] {
    let totals = rowTotals
    // Names only for those that are wanted: there are as many pairs as samples at most, and names may be long.
    var pairs: [(share: Double, place: Int)] = []
    for actual in 0..<classCount {
      for predicted in 0..<classCount where predicted != actual {
        let count = self[true: actual, predicted: predicted]
        guard count > 0 else { continue }
        pairs.append((Double(count) / Double(totals[actual]), actual * classCount + predicted))
      }
    }
    let first = pairs.sorted { ($1.share, $0.place) < ($0.share, $1.place) }.prefix(max(0, limit))
    return first.map { pair in
      let (actual, predicted) = pair.place.quotientAndRemainder(dividingBy: classCount)
      return ConfusedPair(
        actual: classNames[actual], predicted: classNames[predicted],
        count: self[true: actual, predicted: predicted], total: totals[actual])
    }
  }
}

extension ConfusedPair {
  /// With names that a page has room for.
  var excerpt: ConfusedPair {
    ConfusedPair(
      actual: Excerpt.of(actual), predicted: Excerpt.of(predicted), count: count, total: total)
  }
}
