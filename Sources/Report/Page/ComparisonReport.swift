public import FoundationEssentials
internal import PinionMetrics
internal import PinionTensor
internal import PinionTraining
internal import PinionVisualization

/// A page that compares runs: results, validation curves, and scores by class.
public struct ComparisonReport: Sendable {
  /// Default: `Comparison of N runs`.
  public var title: String
  /// In the order in which they are shown.
  public let runs: [RunSummary]

  /// The folders of runs that were read from files.
  private(set) var directories: [URL] = []
  /// The labels of the runs: their titles, numbered where several are equal.
  let names: [String]

  public init(_ runs: [RunSummary], title: String? = nil) {
    self.runs = runs
    self.title = title ?? "Comparison of \(runs.count) run\(runs.count == 1 ? "" : "s")"
    names = runs.map(\.title).numberedWhereEqual
  }

  /// A comparison of the runs whose `report.json` files lie in `directories`.
  ///
  /// - Throws: `FileError` if a folder has no valid `report.json`.
  public init(readingFrom directories: [URL], title: String? = nil) throws {
    try self.init(directories.map { try RunSummary(readingFrom: $0) }, title: title)
    self.directories = directories
  }

  /// Writes the page atomically. Runs that were read from folders are linked to their pages.
  ///
  /// - Throws: `FileError` if the file cannot be written, or is one of a run, such as its page or
  ///   the `report.json` that was read.
  public func write(to file: URL) throws {
    let folder = file.deletingLastPathComponent()
    if ExperimentReport.fileNames.contains(file.lastPathComponent),
      let run = directories.first(where: { Self.resolved($0) == Self.resolved(folder) })
    {
      throw FileError(
        file: file.path, place: "name", expected: "another file than those of the runs",
        found: "\(file.lastPathComponent) of the run in \(run.path)")
    }
    let links = directories.map {
      RelativeLink.text(from: folder, to: $0.appending(path: ExperimentReport.pageName))
    }
    try AtomicFile.write(html(links: links), to: file)
  }
}

extension ComparisonReport {
  /// The path of a folder without links.
  private static func resolved(_ folder: URL) -> String {
    folder.standardizedFileURL.resolvingSymlinksInPath().path
  }

  private static let missing = "–"

  /// The page as a single HTML document without scripts or external resources.
  public func html() -> String { html(links: []) }

  /// - Parameter links: One link per run, or none.
  func html(links: [String]) -> String {
    let heading = HTML.element(
      "header", [:], [.element("h1", [:], [HTML(Excerpt.of(title, limit: 200))])])
    return HTML.page(
      title: title, [heading, overview(links)] + datasets.flatMap(sections) + [environment])
  }

  /// The hardware and software of each run, if recorded: speeds of different machines are not
  /// comparable.
  private var environment: HTML {
    let rows = zip(names, runs).compactMap { name, run -> [String]? in
      guard let provenance = run.provenance else { return nil }
      return [name]
        + [
          provenance.date, "\(provenance.processor), \(provenance.cores) cores",
          "\(provenance.blas) (\(provenance.kernels))", provenance.version,
        ].map { $0.isEmpty ? Self.missing : $0 }
    }
    guard !rows.isEmpty else { return "" }
    return .section(
      "Environment",
      [
        .table(
          ["Run", "Date (UTC)", "Processor", "OpenBLAS", "Pinion"], rows, words: 5,
          label: "Environment")
      ])
  }

  private func overview(_ links: [String]) -> HTML {
    let areNamed = runs.allSatisfy {
      Excerpt.mentions($0.title, $0.network, $0.dataset)
    }
    let rows = runs.indices.map { index -> [String] in
      let run = runs[index]
      return [names[index]] + (areNamed ? [] : [run.dataset, run.network]) + [
        run.testAccuracy.map { NumberFormat.percent($0, decimals: 2) } ?? Self.missing,
        run.testLoss.map { NumberFormat.decimal($0) } ?? Self.missing,
        NumberText.grouped(run.parameters.total),
        "\(run.history.epochs.count)" + (run.isInterrupted ? " (interrupted)" : ""),
        run.bestEpoch.map(NumberFormat.epoch) ?? Self.missing,
        Self.text(run.seconds, DurationText.rounded),
        Self.text(run.imagesPerSecond) { NumberText.grouped(Int($0.rounded())) },
      ]
    }
    let header =
      ["Run"] + (areNamed ? [] : ["Data set", "Network"]) + [
        "Test accuracy", "Test loss", "Parameters", "Epochs", "Best epoch", "Time", "Images/s",
      ]
    return .section(
      "Runs",
      [.table(header, rows, words: areNamed ? 1 : 3, label: "Runs", links: links)])
  }

  /// In order of first occurrence.
  private var datasets: [String] {
    var seen: Set<String> = []
    return runs.map(\.dataset).filter { seen.insert($0).inserted }
  }

  /// Sections for one data set, because losses and scores on different data are not comparable.
  private func sections(_ dataset: String) -> [HTML] {
    let members = runs.indices.filter { runs[$0].dataset == dataset }
    let ending = " on \(dataset)"
    let areEnding = members.allSatisfy {
      names[$0].hasSuffix(ending) && names[$0].count > ending.count
    }
    let labels = members.map {
      areEnding ? String(names[$0].dropLast(ending.count)) : names[$0]
    }
    let labelled = Array(zip(members, labels))
    let tested = labelled.filter { !runs[$0.0].classNames.isEmpty }
    guard let classNames = tested.first.map({ runs[$0.0].classNames }) else {
      return [curves(dataset, labelled)]
    }
    return [
      curves(dataset, labelled),
      scores(dataset, classNames, tested.filter { runs[$0.0].classNames == classNames }),
    ]
  }

  /// Validation curves; training curves for runs without validation.
  private func curves(_ dataset: String, _ members: [(Int, String)]) -> HTML {
    let charts = ["loss", "accuracy"].map { metric -> LineChart in
      let series = members.map { index, label in
        let history = runs[index].history
        let hasValidation = history.keys.contains("val_" + metric)
        return TrainingCurves.series(
          label + (hasValidation ? "" : " (training)"), of: history,
          key: hasValidation ? "val_" + metric : metric)
      }
      return LineChart(
        series, xTitle: "Epoch", yTitle: "Validation \(metric)",
        yLimits: TrainingCurves.limits(of: metric))
    }
    return .section(
      "Validation curves: \(Excerpt.of(dataset))",
      [
        .element(
          "div", ["class": "columns pair"],
          charts.map { .figure([.drawing($0.drawing, maxScale: 1.3)]) })
      ])
  }

  /// The F1 score of each class by run as a table, with a dot plot if there are at most 20 classes.
  private func scores(_ dataset: String, _ classNames: [String], _ members: [(Int, String)]) -> HTML
  {
    let isLong = classNames.count > 20
    let rows = classNames.indices.map { index in
      [classNames[index]]
        + members.map { NumberText.fixed(runs[$0.0].classScores[index].f1, decimals: 4) }
    }
    let means = members.map { member, _ in
      runs[member].classScores.reduce(0) { $0 + $1.f1 } / Double(classNames.count)
    }
    let table = HTML.table(
      ["Class"] + members.map(\.1),
      rows + [["Macro average"] + means.map { NumberText.fixed($0, decimals: 4) }],
      label: "F1 of each class on \(Excerpt.of(dataset))", className: isLong ? "tall" : "")
    let picture = HTML.figure([
      .drawing(
        DotPlot(
          rowNames: classNames,
          series: members.map { member, label in
            (label, runs[member].classScores.map(\.f1))
          }, xTitle: "F1"
        ).drawing, maxScale: 1.3)
    ])
    return .section(
      "F1 by class: \(Excerpt.of(dataset))",
      [isLong ? table : .element("div", ["class": "columns"], [table, picture])])
  }

  private static func text(_ number: Double?, _ format: (Double) -> String) -> String {
    guard let number, ExperimentReport.isReasonable(number) else { return missing }
    return format(number)
  }
}

/// Relative links, which stay valid when files are moved together.
enum RelativeLink {
  /// The path of `file` relative to `folder`, percent-encoded, such as `cnn/index.html` or
  /// `../cnn/index.html`.
  static func text(from folder: URL, to file: URL) -> String {
    let base = folder.absoluteURL.standardizedFileURL.pathComponents
    let target = file.absoluteURL.standardizedFileURL.pathComponents
    let common = zip(base, target).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: base.count - common) + target.dropFirst(common)
    return steps.map(escaped).joined(separator: "/")
  }

  /// Percent-encodes all but the unreserved characters of RFC 3986.
  private static func escaped(_ name: String) -> String {
    name.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        String(UnicodeScalar(byte))
      default: "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
    }.joined()
  }
}
