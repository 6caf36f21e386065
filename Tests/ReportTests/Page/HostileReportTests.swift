import Foundation
import Pinion
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionReport
@testable import PinionVisualization

/// Extreme numbers and very long names.
@Suite struct HostileReportTests {
  static let extremes: [Double] = [
    .infinity, -.infinity, .nan, 1e300, -1e300, .greatestFiniteMagnitude, 1e18, -1e18,
    .leastNonzeroMagnitude, .leastNormalMagnitude, 0, 1,
  ]

  @Test(.timeLimit(.minutes(10)))
  func chartsAcceptExtremeNumbers() {
    for x in Self.extremes {
      for y in Self.extremes {
        var chart = LineChart(
          [.init("a", x: [x, 1], y: [y, 1]), .init("b", x: [x], y: [y])], xTitle: "Epoch",
          yTitle: "Loss", mark: .init(x: x, label: "here"))
        #expect(XMLCheck(chart.drawing.svg()).fault == nil, "\(x) \(y)")
        chart.yLimits = 1...1
        (chart.width, chart.height) = (x, y)
        #expect(XMLCheck(chart.drawing.inlineSVG(widths: 0.5...1)).fault == nil, "\(x) \(y)")
      }
    }
  }

  @Test func epochsAndWidthsAcceptExtremeNumbers() throws {
    var history = Samples.history(epochs: 2)
    history.record(epoch: .max, logs: ["loss": 1e300], learningRate: 1e300)
    for epoch in [Int.min, -1, 0, .max] {
      var report = try Samples.report(epochs: 2)
      report.history = history
      report.bestEpoch = epoch
      report.evaluation = Evaluation(logs: ["loss": 1e300, "accuracy": -1e300])
      report.seconds = .greatestFiniteMagnitude
      report.imagesPerSecond = 1e300
      let page = report.html().replacingOccurrences(of: "<!DOCTYPE html>\n", with: "")
      #expect(XMLCheck(page).fault == nil)
      #expect(report.drawings.allSatisfy { XMLCheck($0.drawing.svg()).fault == nil })
    }
    let diagram = NetworkDiagram(try Samples.residual())
    for width in Self.extremes { #expect(diagram.volumes(width: width).width < 100_000) }
    let image = PixelImage(width: 1, height: 1, channels: 1, bytes: [0])
    let prediction = Prediction(image: image, actual: "a", predicted: "b", probability: 1e300)
    for columns in [Int.min, 0, .max] {
      let grid = PredictionGrid([prediction, prediction], columns: columns)
      #expect(XMLCheck(grid.drawing.svg()).fault == nil)
      #expect(grid.image.width > 0)
    }
  }

  @Test func impossibleValuesAreRefused() throws {
    let folder = try TemporaryFolder()
    try Samples.report(epochs: 2).write(to: folder.url)
    let file = folder.url.appending(path: RunSummary.fileName)
    let text = try String(contentsOf: file, encoding: .utf8)
    let changes = [
      ("\"f1\":[0-9.e-]+", "\"f1\":1e300"), ("\"f1\":[0-9.e-]+", "\"f1\":-1e300"),
      ("\"precision\":[0-9.e-]+", "\"precision\":1.5"), ("\"recall\":[0-9.e-]+", "\"recall\":-0.1"),
      ("\"support\":[0-9]+", "\"support\":-1"),
      ("\"total\":[0-9]+", "\"total\":-9223372036854775808"),
      ("\"confusion\":\\[\\[[0-9]+", "\"confusion\":[[-5"),
      ("\"confusion\":\\[\\[", "\"confusion\":[[7],["),
    ]
    for (old, new) in changes {
      let pattern = try Regex(old)
      #expect(text.contains(pattern), "\(old)")
      try text.replacing(pattern, with: new, maxReplacements: 1)
        .write(to: file, atomically: true, encoding: .utf8)
      let error = #expect(throws: FileError.self, "\(new)") {
        try RunSummary(readingFrom: folder.url)
      }
      #expect(error?.description.contains("NSCocoa") == false)
    }
    // Extreme numbers that can be drawn.
    try text.replacing(try Regex("\"loss\":\\[[0-9.e-]+"), with: "\"loss\":[1e300")
      .replacing(try Regex("\"imagesPerSecond\":[0-9.e-]+"), with: "\"imagesPerSecond\":1e300")
      .replacing(try Regex("\"seconds\":[0-9.e-]+"), with: "\"seconds\":-1e300")
      .write(to: file, atomically: true, encoding: .utf8)
    let page = ComparisonReport([try RunSummary(readingFrom: folder.url)]).html()
    #expect(XMLCheck(page.replacingOccurrences(of: "<!DOCTYPE html>\n", with: "")).fault == nil)
  }

  @Test func invalidReportsHaveReadableErrors() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: RunSummary.fileName)
    func message() -> String {
      let error = #expect(throws: FileError.self) { try RunSummary(readingFrom: folder.url) }
      return error?.description ?? ""
    }
    #expect(
      message().hasSuffix("opening: expected a file to read, found No such file or directory"))
    for text in ["", "no JSON", "[1]", "{}", "{\"format\": \"1\"}"] {
      try text.write(to: file, atomically: true, encoding: .utf8)
      let message = message()
      for dump in ["Error Domain", "Swift.", "codingPath", "UserInfo"] {
        #expect(!message.contains(dump), "\(text): \(message)")
      }
    }
    try FileManager.default.removeItem(at: file)
    try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
    #expect(message().hasSuffix("found a directory"))
  }

  /// Quadratic time would take minutes, linear time a fraction of a second.
  @Test(.timeLimit(.minutes(10)))
  func longNamesAreTruncated() throws {
    let long = String(repeating: "long ", count: 40_000)
    let stacked = "e" + String(repeating: "\u{301}", count: 200_000)
    var report = try Samples.report(names: [long, stacked, "c"])
    report.title = long
    report.dataset = long
    report.network = stacked
    report.classGroups = [ClassGroup(long, classes: [0, 1])]
    report.settings = [.init(long, long)]
    report.notes = [stacked]
    let page = report.html()
    #expect(page.utf8.count < 1_000_000)
    #expect(page.contains("…"))
    for (name, drawing) in report.drawings {
      #expect(drawing.svg().utf8.count < 500_000, "\(name)")
    }
    let summary = RunSummary(report)
    #expect(ComparisonReport([summary, summary]).html().utf8.count < 1_000_000)
  }

  /// Quadratic time would take minutes.
  @Test(.timeLimit(.minutes(10)))
  func thousandsOfClassesAndLayersTakeLinearTime() throws {
    let names = (0..<3_000).map { "class \($0)" }
    var matrix = try ConfusionMatrix(classNames: names)
    for index in names.indices {
      try matrix.add(true: index, predicted: index)
      try matrix.add(true: index, predicted: (index * 7 + 1) % names.count)
    }
    let plot = ConfusionMatrixPlot(matrix)
    #expect(plot.heatMap.width == 1_000)
    // One pixel is the maximum of three by three cells.
    #expect(plot.heatMap.color(x: 5, y: 5) == ColorScale.color(ofFraction: 0.5))
    #expect(plot.drawing.svg().utf8.count < 4_000_000)
    #expect(matrix.mostConfusedPairs(.max).count == 3_000)
    var layers: [any Layer] = [Flatten()]
    for _ in 0..<3_000 { layers.append(Dense(1)) }
    let graph = try Sequential(input: [2]) { layers }.graph
    #expect(NetworkDiagram(graph).connections.svg().utf8.count < 10_000_000)
  }

  @Test func longCurvesAreDownsampled() throws {
    let places = (0..<100_000).map { Double($0) }
    let heights = places.map {
      $0 == 70_123 ? 9.0 : 1 + 0.1 * ($0 / 7).truncatingRemainder(dividingBy: 1)
    }
    let chart = LineChart([.init("a", x: places, y: heights)], xTitle: "Step", yTitle: "Loss")
    let check = XMLCheck(chart.drawing.svg())
    let line = try #require(zip(check.names, check.attributes).first { $0.0 == "path" }?.1["d"])
    #expect(line.filter { $0 == "L" }.count < 5_000)
    // Downsampling keeps extremes, such as one point much higher than all others.
    let y = line.split(separator: "L").compactMap {
      $0.split(separator: " ").last.flatMap { Double($0) }
    }
    #expect((y.max() ?? 0) - (y.min() ?? 0) > 150)
  }

  @Test func hugeConfusionMatricesAreRefused() {
    for classes in [Int.max, 1_000_000_000, 16_385, 0, -1] {
      #expect(throws: ArgumentError.self) { try ConfusionMatrix(classes: classes) }
    }
  }
}
