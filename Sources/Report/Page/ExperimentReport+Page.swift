internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor
internal import PinionTraining

extension ExperimentReport {
  /// The page: everything in one file, with nothing to load and nothing to run.
  public func html() -> String {
    var content = [heading, keyNumbers, training]
    if let confusion { content += results(confusion) }
    if !predictions.isEmpty { content.append(predictionSection) }
    content.append(networkSection)
    if !samples.isEmpty { content.append(sampleSection) }
    if !settings.isEmpty {
      content.append(
        .section(
          "Settings",
          [
            .table(
              ["Setting", "Value"], settings.map { [$0.name, $0.value] }, words: 2,
              label: "Settings")
          ]))
    }
    return HTML.page(title: title, content)
  }

  private var heading: HTML {
    let epochs = history.epochs.count
    let plural = epochs == 1 ? "epoch" : "epochs"
    let isNamed = title.contains(network) && title.contains(dataset)
    var sentences = isNamed ? [] : ["The network \(network) on \(dataset)."]
    sentences.append(
      isInterrupted
        ? "Training was interrupted after \(epochs) complete \(plural)."
        : "Trained for \(epochs) \(plural).")
    if let bestEpoch {
      sentences.append("The weights are those of epoch \(bestEpoch + 1), the best on validation.")
    }
    return .element(
      "header", [:],
      [
        .element("h1", [:], [HTML(title)]),
        .element(
          "p", ["class": "note"], [HTML(sentences.joined(separator: " "))]),
      ] + notes.map { .paragraph(HTML($0)) })
  }

  private var keyNumbers: HTML {
    var numbers: [(String, String, String)] = []
    if let evaluation {
      if let accuracy = evaluation.accuracy {
        let counts = confusion.map {
          "\(NumberText.grouped($0.correct)) of \(NumberText.grouped($0.total)) images"
        }
        numbers.append(("Test accuracy", SignificantText.share(accuracy), counts ?? ""))
      }
      numbers.append(("Test loss", NumberText.fixed(evaluation.loss, decimals: 4), ""))
    }
    let counts = graph.parameterCounts
    numbers.append(
      (
        "Parameters", NumberText.grouped(counts.total),
        counts.nonTrainable > 0 ? "\(NumberText.grouped(counts.trainable)) trainable" : ""
      ))
    numbers.append(
      ("Epochs", "\(history.epochs.count)", bestEpoch.map { "best: epoch \($0 + 1)" } ?? ""))
    if let seconds, Self.isReasonable(seconds) {
      numbers.append(("Training time", DurationText.rounded(seconds), ""))
    }
    if let imagesPerSecond, Self.isReasonable(imagesPerSecond) {
      numbers.append(
        ("Images a second", NumberText.grouped(Int(imagesPerSecond.rounded())), "in training"))
    }
    return .element(
      "dl", ["class": "numbers"],
      numbers.map { name, value, more in
        .element(
          "div", [:],
          [
            .element("dt", [:], [HTML(name)]),
            .element(
              "dd", [:],
              [HTML(value)] + (more.isEmpty ? [] : [.element("small", [:], [HTML(more)])])),
          ])
      })
  }

  /// Whether a measurement can be shown as a whole number.
  static func isReasonable(_ measurement: Double) -> Bool { (0..<1e15).contains(measurement) }

  private var training: HTML {
    let charts = TrainingCurves(history, bestEpoch: bestEpoch).charts
    return .section(
      "Training",
      [
        .element(
          "div", ["class": "columns pair"],
          charts.map { .figure([.drawing($0.drawing, greatest: 1.3)]) })
      ])
  }

  private var networkSection: HTML {
    let diagram = NetworkDiagram(graph)
    let connections = diagram.connections
    let rows = graph.nodes.map { node in
      [
        node.name, node.typeName, NetworkDiagram.sizes(node.outputShape),
        NumberText.grouped(node.parameterCount),
      ]
    }
    let widths = [("wide", 1_060.0), ("medium", 600), ("narrow", 366)]
    return .section(
      "Network",
      [
        .figure(
          widths.map { name, width in
            .drawing(diagram.volumes(width: width), className: name)
          },
          caption: """
            Each layer's output for one image, in the order of computation. Edges grow with the \
            logarithms of the sizes: height upwards, width to the back, channels to the right.
            """),
        .element(
          "div", ["class": connections.width > 420 ? "stack" : "columns"],
          [
            .table(
              ["Layer", "Type", "Output", "Parameters"], rows, words: 2, label: "Layers",
              className: "dense"),
            .figure([.drawing(connections, greatest: 1)]),
          ]),
      ])
  }
}
