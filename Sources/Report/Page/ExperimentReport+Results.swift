internal import PinionMetrics
internal import PinionTensor
internal import PinionVisualization

extension ExperimentReport {
  /// The largest number of classes with a dot plot; more would be taller than a screen.
  private static let plotLimit = 20

  func results(_ confusion: ConfusionMatrix) -> [HTML] {
    let plot = ConfusionMatrixPlot(confusion, groups: classGroups)
    let pairs = confusion.mostConfusedPairs()
    let words: HTML =
      pairs.isEmpty
      ? .paragraph("No sample was misclassified.")
      : .element(
        "ol", ["class": "words"],
        pairs.map { pair in
          .element(
            "li", [:],
            [
              .isolated(pair.actual), " predicted as ", .isolated(pair.predicted),
              ": \(NumberFormat.withNoBreakPercent(pair.figures))",
            ])
        })
    let matrix = HTML.figure(
      plot.showsCounts
        ? [
          .drawing(plot.drawing, maxScale: 1.1, className: "broad"),
          .drawing(plot.drawing(isCompact: true), minScale: 1, className: "narrow"),
        ] : [.drawing(plot.drawing, minScale: 0.72, maxScale: 1.1)],
      caption: HTML(
        [
          "Rows: true classes. Columns: predicted classes. Colors: fractions of the row.",
          classGroups.isEmpty ? nil : "Outlines mark the groups named on the right.",
          plot.showsCounts
            ? nil : "For a scalable version, see confusion-matrix.svg.",
        ].compactMap(\.self).joined(separator: " ")))
    let confusedSection = HTML.element(
      "div", [:], [.element("h3", [:], ["Most confused"]), words])
    return [
      .section(
        "Confusion matrix",
        plot.showsCounts
          ? [.element("div", ["class": "columns"], [matrix, confusedSection])]
          : [matrix, confusedSection]),
      scores(ClassificationReport(confusion)),
    ]
  }

  private func scores(_ report: ClassificationReport) -> HTML {
    func row(_ name: String, _ score: ClassScore) -> [String] {
      [name]
        + [score.precision, score.recall, score.f1].map { NumberText.fixed($0, decimals: 4) }
        + [NumberText.grouped(score.support)]
    }
    let isLong = report.classes.count > Self.plotLimit
    let table = HTML.table(
      ["Class", "Precision", "Recall", "F1", "Images"],
      zip(report.classNames, report.classes).map { row($0, $1) } + [
        row("Macro average", report.macroAverage), row("Weighted average", report.weightedAverage),
      ], label: "Precision, recall and F1 of each class", className: isLong ? "tall" : "")
    let picture =
      isLong
      ? HTML.element("div", [:], extremes(report))
      : .figure([
        .drawing(
          DotPlot(
            rowNames: report.classNames,
            series: [
              ("precision", report.classes.map(\.precision)),
              ("recall", report.classes.map(\.recall)), ("F1", report.classes.map(\.f1)),
            ], xTitle: "Precision, recall, F1"
          ).drawing, maxScale: 1.3)
      ])
    return .section(
      "Classes",
      [
        .paragraph(
          """
          Precision: TP / (TP + FP), the fraction of predictions of a class that are correct. \
          Recall: TP / (TP + FN), the fraction of the class's samples that are found. F1: the \
          harmonic mean of precision and recall.
          """),
        .element("div", ["class": "columns"], [table, picture]),
      ])
  }

  /// The classes with the highest and the lowest F1 scores, as lists.
  private func extremes(_ report: ClassificationReport) -> [HTML] {
    // Ties are in class order in both lists.
    func ranked(_ sign: Double) -> [(String, ClassScore)] {
      zip(report.classNames, report.classes).enumerated()
        .sorted { (sign * $0.element.1.f1, $0.offset) < (sign * $1.element.1.f1, $1.offset) }
        .prefix(8).map(\.element)
    }
    func list(_ title: String, _ entries: [(String, ClassScore)]) -> [HTML] {
      [
        .element("h3", [:], [HTML(title)]),
        .element(
          "ol", ["class": "words"],
          entries.map { name, score in
            .element(
              "li", [:], [.isolated(name), ": \(NumberText.fixed(score.f1, decimals: 4))"])
          }),
      ]
    }
    return list("Highest F1", ranked(-1)) + list("Lowest F1", ranked(1))
  }

  var predictionSection: HTML {
    let wrong = predictions.count { !$0.isCorrect }
    let verdict =
      switch wrong {
      case 0: "all are correct (✓)."
      case 1: "one is incorrect (✗, with its true class)."
      default: "\(wrong) are incorrect (✗, with their true classes)."
      }
    let first: [HTML] =
      predictions.isEmpty
      ? []
      : [
        .element("h3", [:], ["First images"]),
        .paragraph(
          """
          The first \(predictions.count) test images with the predicted class and its \
          probability; \(verdict)
          """),
        Self.list(of: predictions),
      ]
    let mistakesSection: [HTML] =
      mistakes.isEmpty
      ? []
      : [
        .element("h3", [:], ["Most confident mistakes"]),
        .paragraph(
          """
          Incorrect predictions with the highest probabilities: images that resemble another \
          class, or mislabeled images.
          """),
        Self.list(of: mistakes),
      ]
    let parts = [first, mistakesSection].filter { !$0.isEmpty }
    return .section(
      "Predictions",
      [.element("div", ["class": "columns"], parts.map { .element("div", [:], $0) })])
  }

  private static func list(of predictions: [Prediction]) -> HTML {
    .element(
      "ul", ["class": "plain predictions"],
      predictions.map { prediction in
        let probability = NumberFormat.percent(prediction.probability)
        var words: [HTML] = [
          .image(prediction.image, label: "True class: \(prediction.actual)"),
          .element(
            "b", [:], ["\(prediction.isCorrect ? "✓" : "✗")\u{a0}", .name(prediction.predicted)]),
        ]
        if !prediction.isCorrect {
          words.append(.element("span", [:], ["is ", .name(prediction.actual)]))
        }
        words.append(.element("small", [:], [HTML(probability)]))
        return .element("li", ["class": prediction.isCorrect ? "right" : "wrong"], words)
      })
  }

  var sampleSection: HTML {
    let images: HTML =
      SampleGrid(samples).hasRows
      ? .element(
        "dl", ["class": "samples"],
        samples.flatMap { sample in
          [
            HTML.element("dt", [:], [.name(sample.name)]),
            .element("dd", [:], sample.images.map { .image($0, label: sample.name) }),
          ]
        })
      : .element(
        "ul", ["class": "plain tiles"],
        samples.map { sample in
          .element(
            "li", [:],
            sample.images.prefix(1).map { .image($0, label: "") } + [.name(sample.name)])
        })
    return .section(
      "Data set", [.paragraph("Samples of each of the \(samples.count) classes."), images])
  }
}
