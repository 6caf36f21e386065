internal import PinionMetrics
internal import PinionTensor
internal import PinionTraining

extension ComparisonReport {
  private static let missing = "–"

  /// The page: everything in one file, with nothing to load and nothing to run.
  public func html() -> String {
    let heading = HTML.element("header", [:], [.element("h1", [:], [HTML(title)])])
    return HTML.page(title: title, [heading, overview, curves] + scores)
  }

  private var overview: HTML {
    let rows = runs.indices.map { index -> [String] in
      let run = runs[index]
      return [
        names[index], run.dataset, run.network, NumberText.grouped(run.parameters.total),
        "\(run.history.epochs.count)" + (run.isInterrupted ? " (interrupted)" : ""),
        run.bestEpoch.map { "\($0 + 1)" } ?? Self.missing,
        run.testLoss.map { NumberText.fixed($0, decimals: 4) } ?? Self.missing,
        run.testAccuracy.map(SignificantText.share) ?? Self.missing,
        Self.text(run.seconds, DurationText.rounded),
        Self.text(run.imagesPerSecond) { NumberText.grouped(Int($0.rounded())) },
      ]
    }
    return .section(
      "Runs",
      [
        .table(
          [
            "Run", "Data set", "Network", "Parameters", "Epochs", "Best epoch", "Test loss",
            "Test accuracy", "Time", "Images/s",
          ], rows, words: 3, label: "Runs")
      ])
  }

  /// The validation curves of all runs, or those of training of runs without validation.
  private var curves: HTML {
    let charts = ["loss", "accuracy"].map { metric -> LineChart in
      let series = runs.indices.map { index in
        let history = runs[index].history
        let hasValidation = history.keys.contains("val_" + metric)
        return TrainingCurves.series(
          names[index] + (hasValidation ? "" : " (training)"), of: history,
          key: hasValidation ? "val_" + metric : metric)
      }
      return LineChart(
        series, xTitle: "Epoch", yTitle: "Validation \(metric)",
        yLimits: TrainingCurves.limits(of: metric))
    }
    return .section(
      "Validation curves",
      [
        .element(
          "div", ["class": "columns pair"],
          charts.map { .figure([.drawing($0.drawing, greatest: 1.3)]) })
      ])
  }

  /// For each data set the F1 of its classes by run, as a table and, if short enough, as a picture.
  private var scores: [HTML] {
    var datasets: [String] = []
    for run in runs where !run.classNames.isEmpty && !datasets.contains(run.dataset) {
      datasets.append(run.dataset)
    }
    return datasets.map { dataset in
      let members = runs.indices.filter {
        runs[$0].dataset == dataset && !runs[$0].classNames.isEmpty
      }
      let classNames = runs[members[0]].classNames
      return scores(dataset, classNames, members.filter { runs[$0].classNames == classNames })
    }
  }

  private func scores(_ dataset: String, _ classNames: [String], _ members: [Int]) -> HTML {
    let isLong = classNames.count > 20
    let rows = classNames.indices.map { index in
      [classNames[index]]
        + members.map { NumberText.fixed(runs[$0].classScores[index].f1, decimals: 4) }
    }
    let means = members.map { member in
      runs[member].classScores.reduce(0) { $0 + $1.f1 } / Double(classNames.count)
    }
    let table = HTML.table(
      ["Class"] + members.map { names[$0] },
      rows + [["Macro average"] + means.map { NumberText.fixed($0, decimals: 4) }],
      label: "F1 of each class on \(dataset)", className: isLong ? "tall" : "")
    let picture = HTML.figure([
      .drawing(
        DotPlot(
          rowNames: classNames,
          series: members.map { member in
            (names[member], runs[member].classScores.map(\.f1))
          }, xTitle: "F1"
        ).drawing, greatest: 1.3)
    ])
    return .section(
      "F1 by class: \(dataset)",
      [isLong ? table : .element("div", ["class": "columns"], [table, picture])])
  }

  private static func text(_ number: Double?, _ format: (Double) -> String) -> String {
    guard let number, ExperimentReport.isReasonable(number) else { return missing }
    return format(number)
  }
}
