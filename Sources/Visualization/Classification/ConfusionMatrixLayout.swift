public import PinionMetrics
internal import PinionTensor

/// The geometry of a confusion matrix's drawing.
struct ConfusionMatrixLayout {
  let cellSize: Double
  let countSize: Double
  let nameSize: Double
  /// Names are drawn for every `nameStep`-th class only, if there is no room for all.
  let nameStep: Int
  /// The rotation of column names in degrees.
  let nameAngle: Int
  let cells: Frame
  let columnTitleY: Double
  let scaleBar: Frame
  let width: Double
  let height: Double

  let titleSize: Double
  let scaleSize = 12.0
  let groupNameSize = 11.0

  private let nameLimit: Double
  private let groupNameLimit = 170.0

  init(_ plot: ConfusionMatrixPlot, isCompact: Bool) {
    let count = plot.order.count
    let isCompact = isCompact && plot.showsCounts
    titleSize = isCompact ? 12 : 13
    if plot.showsCounts {
      let size = isCompact ? 11.0 : 12
      let widest =
        plot.matrix.counts.map {
          TextMetrics.width(NumberText.grouped($0), size: size, isBold: true)
        }.max() ?? 0
      countSize = size
      // With few classes, cells grow so that the titles and the color scale fit.
      let minimum = (isCompact ? 210 : 240) / Double(count)
      cellSize = max(minimum, isCompact ? max(20, widest + 2) : max(34, widest + 8))
      (nameSize, nameStep, nameAngle, nameLimit) = (size, 1, 45, isCompact ? 90 : 120)
    } else {
      countSize = 0
      cellSize = max(1, min(24, 900 / Double(count)))
      nameSize = min(12, max(8, cellSize * 0.95))
      nameStep = max(1, Int((nameSize / cellSize).rounded(.up)))
      (nameAngle, nameLimit) = (90, 110)
    }
    let (size, limit) = (nameSize, nameLimit)
    let nameWidth =
      plot.matrix.classNames.map {
        TextMetrics.width(TextMetrics.truncated($0, to: limit, size: size), size: size)
      }.max() ?? 0
    // Column names at 45° extend as far to the left of their cells as below them.
    let isSlanted = nameAngle == 45
    let reach = isSlanted ? nameWidth * 0.7072 + size * 0.6 : nameWidth
    let left = max(titleSize + 9 + nameWidth + 6, isSlanted ? reach - cellSize / 2 + 4 : 0)
    let side = Double(count) * cellSize
    cells = Frame(x: left, y: 8, width: side, height: side)
    columnTitleY = cells.bottom + 8 + reach + 8 + titleSize
    // Leaves room for the last label, which extends beyond the end of the bar.
    let barWidth = min(420, side - 24)
    scaleBar = Frame(
      x: cells.x + (side - barWidth) / 2, y: columnTitleY + 16, width: barWidth, height: 12)
    let groupWidth =
      plot.groups.map {
        TextMetrics.width(
          TextMetrics.truncated($0.name, to: 170, size: 11), size: 11)
      }.max().map { $0 + 8 } ?? 0
    width = cells.right + (isCompact ? 2 : 12) + groupWidth
    height = scaleBar.bottom + 46
  }

  func cell(row: Int, column: Int) -> Frame {
    Frame(
      x: cells.x + Double(column) * cellSize, y: cells.y + Double(row) * cellSize,
      width: cellSize, height: cellSize)
  }

  func truncated(_ name: String) -> String {
    TextMetrics.truncated(name, to: nameLimit, size: nameSize)
  }

  func truncatedGroup(_ name: String) -> String {
    TextMetrics.truncated(name, to: groupNameLimit, size: groupNameSize)
  }
}

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
    PrintableText.escaped("\(actual) predicted as \(predicted): ") + figures
  }

  /// The numbers of the sentence, such as `112 of 1,000 (11.2 %)`.
  package var figures: String {
    let fraction = NumberFormat.percent(Double(count) / Double(total))
    return "\(NumberText.grouped(count)) of \(NumberText.grouped(total)) (\(fraction))"
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
