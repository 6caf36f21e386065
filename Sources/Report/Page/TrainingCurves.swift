public import PinionTraining
public import PinionVisualization

/// Training curves: one chart per metric, with its training and validation values by epoch.
public struct TrainingCurves: Sendable, Equatable {
  /// The loss first, then the accuracy, then other metrics in alphabetical order.
  public let charts: [LineChart]
  /// The learning rate at the end of each epoch; nil if none was recorded.
  public let learningRate: LineChart?

  /// - Parameters:
  ///   - history: Any number of epochs, with or without validation.
  ///   - bestEpoch: The zero-based epoch to highlight. Default: none.
  public init(_ history: History, bestEpoch: Int? = nil) {
    let mark = bestEpoch.map {
      LineChart.Mark(x: Double($0) + 1, label: "best epoch: \(NumberFormat.epoch($0))")
    }
    let rates = Self.learningRates(of: history)
    learningRate = rates.map { rates in
      LineChart(
        [.init("learning rate", x: history.epochs.map { Double($0) + 1 }, y: rates)],
        xTitle: "Epoch", yTitle: "Learning rate", yLimits: 0...Double.infinity)
    }
    charts = Self.metrics(of: history).map { metric in
      let series = [("training", metric), ("validation", "val_" + metric)]
        .filter { $0.1 == metric || history.keys.contains($0.1) }
        .map { Self.series($0.0, of: history, key: $0.1) }
      return LineChart(
        series, xTitle: "Epoch", yTitle: Self.title(of: metric), yLimits: Self.limits(of: metric),
        mark: mark)
    }
  }

  /// All charts in two columns, the learning rate last.
  public var drawing: Drawing {
    let charts = charts + [learningRate].compactMap(\.self)
    let drawings = charts.map(\.drawing)
    let gap = 20.0
    let columns = min(2, drawings.count)
    let width = drawings.map(\.width).max() ?? 0
    let height = drawings.map(\.height).max() ?? 0
    let rows = (drawings.count + columns - 1) / columns
    var all = Drawing(
      width: Double(columns) * (width + gap) - gap, height: Double(rows) * (height + gap) - gap,
      title: "Training curves: " + charts.map { $0.yTitle.lowercased() }.joined(separator: ", "),
      details: zip(charts, drawings).map { "\($0.yTitle): \($1.details)" }.joined(separator: ". "))
    for (index, drawing) in drawings.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      all.place(
        drawing, at: Point(Double(column) * (width + gap), Double(row) * (height + gap)))
    }
    return all
  }

  /// The values of a metric by one-based epoch, with gaps for epochs without a value.
  static func series(_ name: String, of history: History, key: String) -> LineChart.Series {
    LineChart.Series(
      name, x: history.epochs.map { Double($0) + 1 },
      y: history.values(of: key).map { $0 ?? .nan })
  }

  /// The rates recorded by `fit`, or else by a callback; nil if there are none.
  static func learningRates(of history: History) -> [Double]? {
    let rates = zip(history.learningRates, history.values(of: "learning_rate")).map { $0 ?? $1 }
    return rates.contains { $0 != nil } ? rates.map { $0 ?? .nan } : nil
  }

  /// The title of a metric's axis, such as `Top 5 accuracy` for `top_5_accuracy`.
  static func title(of metric: String) -> String {
    let words = metric.split(separator: "_").joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// 0...1 for accuracies; nonnegative for losses and other metrics.
  static func limits(of metric: String) -> ClosedRange<Double> {
    metric.hasSuffix("accuracy") ? 0...1 : 0...Double.infinity
  }

  private static func metrics(of history: History) -> [String] {
    let others = Set(history.keys.map { $0.hasPrefix("val_") ? String($0.dropFirst(4)) : $0 })
      .subtracting(["loss", "accuracy", "learning_rate"]).sorted()
    let hasAccuracy = history.epochs.isEmpty || !history["accuracy"].isEmpty
    return ["loss"] + (hasAccuracy ? ["accuracy"] : []) + others
  }
}
