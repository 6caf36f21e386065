internal import PinionMetrics
internal import PinionTensor

extension ExperimentReport {
  /// Beyond so many classes, a plot of all of them is longer than a screen.
  private static let plotLimit = 20

  /// What the counts of right and wrong predictions say.
  func results(_ confusion: ConfusionMatrix) -> [HTML] {
    let plot = ConfusionMatrixPlot(confusion, groups: classGroups)
    let pairs = confusion.mostConfusedPairs()
    let words: HTML =
      pairs.isEmpty
      ? .paragraph("No image was taken for one of another class.")
      : .element(
        "ol", ["class": "words"],
        pairs.map { .element("li", [:], [HTML(SignificantText.unbroken($0.excerpt.description))]) })
    let matrix = HTML.figure(
      plot.showsCounts
        ? [
          .drawing(plot.drawing, greatest: 1.1, className: "broad"),
          .drawing(plot.drawing(isCompact: true), least: 1, className: "narrow"),
        ] : [.drawing(plot.drawing, least: 0.72, greatest: 1.1)],
      caption: HTML(
        [
          "Rows are true classes, columns predicted ones; colors show each row's shares.",
          classGroups.isEmpty ? nil : "Lines surround the groups of classes named on the right.",
          plot.showsCounts
            ? nil : "The file confusion-matrix.svg beside this page shows it at any size.",
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
          ).drawing, greatest: 1.3)
      ])
    return .section(
      "Classes",
      [
        .paragraph(
          """
          Precision: of the images predicted as the class, the share that are of it. Recall: of \
          the images of the class, the share predicted as it. F1: their harmonic mean.
          """),
        .element("div", ["class": "columns"], [table, picture]),
      ])
  }

  /// The classes of the highest and the lowest F1, in words.
  private func extremes(_ report: ClassificationReport) -> [HTML] {
    // Equal scores stay in the order of the classes, from either end.
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
            .element("li", [:], ["\(Excerpt.of(name)): \(NumberText.fixed(score.f1, decimals: 4))"])
          }),
      ]
    }
    return list("Highest F1", ranked(-1)) + list("Lowest F1", ranked(1))
  }

  var predictionSection: HTML {
    let wrong = predictions.count { !$0.isRight }
    let verdict =
      switch wrong {
      case 0: "✓ says that all are right."
      case 1: "✗ marks the wrong one, with the true class below."
      default: "✗ marks the \(wrong) wrong ones, with the true class below."
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
    let surest: [HTML] =
      mistakes.isEmpty
      ? []
      : [
        .element("h3", [:], ["Surest mistakes"]),
        .paragraph(
          """
          The wrong predictions with the highest probabilities: images that look like another class, \
          or whose label is wrong.
          """),
        Self.list(of: mistakes),
      ]
    let parts = [first, surest].filter { !$0.isEmpty }
    return .section(
      "Predictions",
      [.element("div", ["class": "columns"], parts.map { .element("div", [:], $0) })])
  }

  private static func list(of predictions: [Prediction]) -> HTML {
    .element(
      "ul", ["class": "plain predictions"],
      predictions.map { prediction in
        let probability = SignificantText.percent(prediction.probability)
        var words: [HTML] = [
          .image(prediction.image, label: "An image of the class \(prediction.actual)"),
          .element(
            "b", [:], ["\(prediction.isRight ? "✓" : "✗")\u{a0}", .name(prediction.predicted)]),
        ]
        if !prediction.isRight {
          words.append(.element("span", [:], ["is ", .name(prediction.actual)]))
        }
        words.append(.element("small", [:], [HTML(probability)]))
        return .element("li", ["class": prediction.isRight ? "right" : "wrong"], words)
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
      "Data set", [.paragraph("Images of each of the \(samples.count) classes."), images])
  }
}
