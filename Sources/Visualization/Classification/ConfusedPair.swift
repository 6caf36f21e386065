public import PinionMetrics
internal import PinionTensor

/// The number of samples of one class that were predicted as another.
public struct ConfusedPair: Sendable, Equatable, CustomStringConvertible {
  /// The name of the true class.
  public let actual: String
  /// The name of the predicted class.
  public let predicted: String
  /// The number of samples of `actual` that were predicted as `predicted`.
  public let count: Int
  /// The number of samples of `actual`.
  public let total: Int

  /// A sentence such as `Shirt predicted as T-shirt/top: 112 of 1,000 (11.2 %)`.
  public var description: String {
    let fraction = NumberFormat.percent(Double(count) / Double(total))
    return PrintableText.escaped("\(actual) predicted as \(predicted): ")
      + "\(NumberText.grouped(count)) of \(NumberText.grouped(total)) (\(fraction))"
  }
}

extension ConfusionMatrix {
  /// The pairs of classes with the highest rates of confusion (fractions of the true class's
  /// samples), in descending order; ties in class order.
  ///
  /// - Parameter limit: The largest number of pairs. Default: 10. Pairs with a count of 0 are left
  ///   out.
  public func mostConfusedPairs(_ limit: Int = 10) -> [ConfusedPair] {
    let totals = rowTotals
    // Look names up for the selected pairs only: there may be as many pairs as samples, and names
    // may be long.
    var pairs: [(fraction: Double, place: Int)] = []
    for actual in 0..<classCount {
      for predicted in 0..<classCount where predicted != actual {
        let count = self[true: actual, predicted: predicted]
        guard count > 0 else { continue }
        pairs.append((Double(count) / Double(totals[actual]), actual * classCount + predicted))
      }
    }
    let first = pairs.sorted { ($1.fraction, $0.place) < ($0.fraction, $1.place) }.prefix(
      max(0, limit))
    return first.map { pair in
      let (actual, predicted) = pair.place.quotientAndRemainder(dividingBy: classCount)
      return ConfusedPair(
        actual: classNames[actual], predicted: classNames[predicted],
        count: self[true: actual, predicted: predicted], total: totals[actual])
    }
  }
}

extension ConfusedPair {
  /// The pair with class names truncated for a page.
  package var excerpt: ConfusedPair {
    ConfusedPair(
      actual: Excerpt.of(actual), predicted: Excerpt.of(predicted), count: count, total: total)
  }
}
