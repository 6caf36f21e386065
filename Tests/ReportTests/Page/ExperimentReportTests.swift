import Foundation
import Pinion
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionReport

@Suite struct ExperimentReportTests {
  /// Parses a page as XML, which it is except for its first line.
  func check(_ page: String) -> XMLCheck {
    XMLCheck(page.replacingOccurrences(of: "<!DOCTYPE html>\n", with: ""))
  }

  @Test func pageHasAllSections() throws {
    let report = try Samples.report()
    let page = report.html()
    let check = check(page)
    #expect(check.fault == nil)
    let headings = zip(check.names, check.text).filter { $0.0 == "h2" }.map(\.1)
    #expect(
      headings == [
        "Training", "Confusion matrix", "Classes", "Predictions", "Network", "Data set", "Settings",
      ])
    #expect(page.contains("91.66 %") && page.contains("0.2415") && page.contains("12 min 34 s"))
    #expect(page.contains("684,564"))
    let drawings = zip(check.names, check.attributes).filter { $0.0 == "svg" }
    #expect(drawings.allSatisfy { $0.1["role"] == "img" && $0.1["aria-label"]?.isEmpty == false })
    let images = zip(check.names, check.attributes).filter { $0.0 == "img" }
    // The first predictions, the mistakes among 60 samples, and samples.
    #expect(images.count == 15 + 10 + 10 * 6)
    #expect(images.allSatisfy { $0.1["alt"] != nil })
  }

  @Test func classGroupsAreExplained() throws {
    var report = try Samples.report(epochs: 1)
    #expect(!report.html().contains("Outlines mark"))
    report.classGroups = [ClassGroup("shoes", classes: [5, 7, 9])]
    let page = report.html()
    #expect(page.contains("Outlines mark the groups named on the right."))
    #expect(page.contains("shoes"))
    #expect(check(page).fault == nil)
  }

  @Test func pageHasNoExternalResourcesOrScripts() throws {
    let page = try Samples.report().html()
    for word in ["http:", "https:", "//", "<script", "<link", "@import", "url("] {
      // Base64 may contain two consecutive slashes.
      let text = page.replacing(try Regex("base64,[A-Za-z0-9+/=]*"), with: "")
      #expect(!text.contains(word), "\(word)")
    }
  }

  @Test func namesAreEscaped() throws {
    var report = try Samples.report(names: [Samples.hostile, "b<script>alert(1)</script>"])
    report.title = Samples.hostile
    report.dataset = Samples.hostile
    report.network = Samples.hostile
    report.settings = [.init(Samples.hostile, Samples.hostile)]
    report.notes = [Samples.hostile]
    let page = report.html()
    #expect(check(page).fault == nil)
    #expect(!page.contains("<b>\"") && !page.contains("<script"))
    for (name, drawing) in report.drawings {
      #expect(XMLCheck(drawing.svg()).fault == nil, "\(name)")
    }
  }

  @Test func writesAllFiles() throws {
    let folder = try TemporaryFolder()
    let target = folder.url.appending(path: "a/b")
    try Samples.report().write(to: target)
    let names = try FileManager.default.contentsOfDirectory(atPath: target.path).sorted()
    #expect(
      names == [
        "confusion-matrix.png", "confusion-matrix.svg", "curves.svg", "index.html", "mistakes.png",
        "mistakes.svg", "network-graph.svg", "network-volumes.svg", "predictions.png",
        "predictions.svg",
        "report.json", "samples.png", "samples.svg",
      ])
    for name in names where name.hasSuffix(".png") {
      let bytes = try Data(contentsOf: target.appending(path: name))
      #expect(try PNGDecoder([UInt8](bytes)).width > 100, "\(name)")
    }
  }

  @Test func outputIsDeterministic() throws {
    let (one, two) = (try Samples.report(), try Samples.report())
    #expect(one.html() == two.html())
    #expect(one.drawings.map { $0.drawing.svg() } == two.drawings.map { $0.drawing.svg() })
  }

  @Test(arguments: [0, 1, 300])
  func interruptedRunsHavePages(epochs: Int) throws {
    let folder = try TemporaryFolder()
    var report = ExperimentReport(
      title: "Interrupted", dataset: "d", network: "n", graph: try Samples.residual(),
      history: Samples.history(epochs: epochs, validation: false))
    report.isInterrupted = true
    report.seconds = .infinity
    report.imagesPerSecond = .nan
    let page = report.html()
    #expect(check(page).fault == nil)
    #expect(page.contains("interrupted after \(epochs) complete epoch"))
    #expect(!page.contains("Confusion matrix"))
    try report.write(to: folder.url)
    #expect(try RunSummary(readingFrom: folder.url).history == report.history)
  }

  @Test func nanAndInfinityAreDrawn() throws {
    let folder = try TemporaryFolder()
    var report = try Samples.report(epochs: 3)
    report.history.record(epoch: 3, logs: ["loss": .nan, "val_loss": .infinity])
    report.evaluation = Evaluation(logs: ["loss": .nan, "accuracy": 0])
    #expect(check(report.html()).fault == nil)
    try report.write(to: folder.url)
    let summary = try RunSummary(readingFrom: folder.url)
    #expect(summary.testLoss?.isNaN == true && summary.testAccuracy == 0)
  }

  @Test func mismatchedOutputsThrow() throws {
    var report = try Samples.report()
    let images = try Samples.images(classes: ["a", "b"], perClass: 2, shape: [4, 4, 1])
    #expect(throws: ArgumentError.self) {
      try report.add(test: images, outputs: Tensor.zeros([4, 3]))
    }
    #expect(throws: ArgumentError.self) {
      try report.add(test: images, outputs: Tensor.zeros([3, 2]))
    }
    try report.add(test: images, outputs: Samples.outputs(for: images))
    #expect(report.confusion?.total == 4)
    #expect(report.confusion?.correct == 3)
  }

  @Test func textsDoNotOverlapInAnyDrawing() throws {
    for names in [Samples.fashionNames, Samples.names(100)] {
      for (name, drawing) in try Samples.report(names: names, shape: [32, 32, 3]).drawings {
        #expect(textFaults(of: drawing) == [], "\(name)")
      }
    }
  }

  @Test func tiedScoresKeepClassOrder() throws {
    let names = Samples.names(24)
    var matrix = try ConfusionMatrix(classNames: names)
    for actual in names.indices { try matrix.add(true: actual, predicted: actual < 4 ? actual : 0) }
    var report = try Samples.report(names: names)
    report.confusion = matrix
    let page = report.html()
    let lowest = try #require(page.components(separatedBy: "Lowest F1").last)
    let places = try names[4..<12].map {
      try #require(lowest.firstRange(of: "\($0)</bdi>: 0")?.lowerBound)
    }
    #expect(places == places.sorted())
    let highest = try #require(page.components(separatedBy: "Highest F1").last)
    let first = try names[1..<4].map {
      try #require(highest.firstRange(of: "\($0)</bdi>: 1")?.lowerBound)
    }
    #expect(first == first.sorted())
  }

  @Test(arguments: [
    (0, "all are correct (✓)."), (1, "one is incorrect (✗"), (2, "2 are incorrect (✗"),
  ])
  func incorrectPredictionsAreCounted(wrong: Int, words: String) throws {
    let image = PixelImage(width: 1, height: 1, channels: 1, bytes: [0])
    var report = try Samples.report()
    report.predictions = (0..<5).map {
      Prediction(image: image, actual: "a", predicted: $0 < wrong ? "b" : "a", probability: 1)
    }
    #expect(report.html().contains(words))
  }
}
