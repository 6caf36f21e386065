internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor
internal import PinionTraining
internal import PinionVisualization

extension ExperimentReport {
  /// The page as a single HTML document without scripts or external resources.
  public func html() -> String {
    var content = [heading, keyNumbers, training]
    if let confusion { content += results(confusion) }
    if !predictions.isEmpty || !mistakes.isEmpty { content.append(predictionSection) }
    content.append(networkSection)
    if !samples.isEmpty { content.append(sampleSection) }
    if !settings.isEmpty || provenance != nil { content.append(settingsSection) }
    return HTML.page(title: title, content)
  }

  private var settingsSection: HTML {
    let tables = [("Settings", settings), ("Environment", provenance?.settings ?? [])]
      .filter { !$0.1.isEmpty }
    return .section(
      "Settings",
      [
        .element(
          "div", ["class": "columns"],
          tables.map { title, settings in
            .table(
              [title, "Value"], settings.map { [$0.name, $0.value] }, words: 2, label: title,
              className: "values")
          })
      ])
  }

  private var heading: HTML {
    let epochs = history.epochs.count
    let plural = epochs == 1 ? "epoch" : "epochs"
    let isNamed = Excerpt.mentions(title, network, dataset)
    var sentences = isNamed ? [] : ["The network \(Excerpt.of(network)) on \(Excerpt.of(dataset))."]
    sentences.append(
      isInterrupted
        ? "Training was interrupted after \(epochs) complete \(plural)."
        : "Trained for \(epochs) \(plural).")
    if let bestEpoch {
      let epoch = NumberFormat.epoch(bestEpoch)
      let data =
        history.keys.contains { $0.hasPrefix("val_") } ? "on validation data" : "on training data"
      sentences.append("Weights: epoch \(epoch), the best \(data).")
    }
    return .element(
      "header", [:],
      [
        .element("h1", [:], [HTML(Excerpt.of(title, limit: 200))]),
        .element(
          "p", ["class": "note"], [HTML(sentences.joined(separator: " "))]),
      ] + notes.map { .paragraph(HTML(Excerpt.of($0, limit: Excerpt.sentenceLimit))) })
  }

  private var keyNumbers: HTML {
    var numbers: [(String, String, String)] = []
    if let evaluation {
      if let accuracy = evaluation.accuracy {
        let counts = confusion.map {
          "\(NumberText.grouped($0.correct)) of \(NumberText.grouped($0.total)) images"
        }
        numbers.append(("Test accuracy", NumberFormat.percent(accuracy, decimals: 2), counts ?? ""))
      }
      numbers.append(("Test loss", NumberFormat.decimal(evaluation.loss), ""))
    }
    let counts = graph.parameterCounts
    numbers.append(
      (
        "Parameters", NumberText.grouped(counts.total),
        counts.nonTrainable > 0 ? "\(NumberText.grouped(counts.trainable)) trainable" : ""
      ))
    numbers.append(
      (
        "Epochs", "\(history.epochs.count)",
        bestEpoch.map { "best: epoch \(NumberFormat.epoch($0))" } ?? ""
      ))
    if let seconds, Self.isReasonable(seconds) {
      numbers.append(("Training time", DurationText.rounded(seconds), ""))
    }
    if let imagesPerSecond, Self.isReasonable(imagesPerSecond) {
      numbers.append(
        ("Images per second", NumberText.grouped(Int(imagesPerSecond.rounded())), "in training"))
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

  /// Whether a measurement can be formatted as an integer.
  static func isReasonable(_ measurement: Double) -> Bool { (0..<1e15).contains(measurement) }

  private var training: HTML {
    let curves = TrainingCurves(history, bestEpoch: bestEpoch)
    let charts = curves.charts + [curves.learningRate].compactMap(\.self)
    return .section(
      "Training",
      [
        .element(
          "div", ["class": "columns pair"],
          charts.map { .figure([.drawing($0.drawing, maxScale: 1.3)]) })
      ] + (history.epochs.isEmpty ? [] : [epochTable]))
  }

  /// All recorded values, as an alternative to the charts' tooltips.
  private var epochTable: HTML {
    let rates = TrainingCurves.learningRates(of: history)
    let keys = history.keys.filter { $0 != "learning_rate" }
    let series = keys.map { history.values(of: $0) } + (rates.map { [$0] } ?? [])
    // At most 500 rows; `history.csv` and `report.json` contain all epochs.
    let step = (history.epochs.count - 1) / 500 + 1
    let rows = stride(from: 0, to: history.epochs.count, by: step).map { row in
      [NumberFormat.epoch(history.epochs[row])]
        + series.map { values in values[row].map { NumberFormat.significant($0, 5) } ?? "–" }
    }
    let names = keys.map { $0.split(separator: "_").joined(separator: " ") }
    return .details(
      step == 1 ? "Metrics by epoch" : "Metrics of 1 in \(step) epochs",
      [
        .table(
          ["Epoch"] + names + (rates == nil ? [] : ["learning rate"]), rows,
          label: "Metrics by epoch", className: "tall")
      ])
  }

  private var networkSection: HTML {
    let diagram = NetworkDiagram(graph)
    let connections = diagram.connections
    var listed: Set<LayerID> = []
    let rows = graph.nodes.map { node in
      let layer = self.graph.layer(of: node)
      // The numbers of all rows add up to the network's.
      let isRepeated = !listed.insert(layer.id).inserted && layer.parameterCount > 0
      return [
        node.name, layer.typeName, NetworkDiagram.sizes(node.outputShape),
        isRepeated ? "shared" : NumberText.grouped(layer.parameterCount),
      ]
    }
    let isNarrow = connections.width <= 420
    // The medium volume diagram fits beside a narrow graph on wide screens, too.
    let widths =
      isNarrow
      ? [("broad", 600.0), ("narrow", 366)]
      : [("wide", 1_220.0), ("medium", 600), ("narrow", 366)]
    let volumes = HTML.figure(
      widths.map { name, width in
        .drawing(diagram.volumes(width: width), className: name)
      },
      caption: """
        Output shapes of the layers for one sample, in execution order. Edge lengths are \
        logarithmic: height (vertical), width (depth), channels (horizontal).
        """)
    let table = HTML.table(
      ["Layer", "Type", "Output", "Parameters"], rows, words: 2, label: "Layers",
      className: "dense")
    let graph = HTML.figure([.drawing(connections, maxScale: 1)])
    return .section(
      "Network",
      isNarrow
        ? [.element("div", ["class": "network"], [.element("div", [:], [volumes, table]), graph])]
        : [volumes, .element("div", ["class": "stack"], [table, graph])])
  }
}
