import Foundation
import Pinion
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionReport

@Suite struct ComparisonReportTests {
  func summary(_ title: String, epochs: Int = 5, names: [String] = Samples.fashionNames) throws
    -> RunSummary
  {
    var report = try Samples.report(names: names, epochs: epochs)
    report.title = title
    return RunSummary(report)
  }

  @Test func summaryRoundTripsThroughFile() throws {
    let folder = try TemporaryFolder()
    let report = try Samples.report()
    try report.write(to: folder.url)
    let summary = try RunSummary(readingFrom: folder.url)
    #expect(summary == RunSummary(report))
    #expect(summary.testAccuracy == 0.9166)
    #expect(summary.bestEpoch == 10)
    #expect(summary.parameters.total == 684_564)
    #expect(summary.confusion[3][3] == report.confusion?[true: 3, predicted: 3])
    #expect(summary.classScores == ClassificationReport(try #require(report.confusion)).classes)
  }

  @Test func pageComparesRuns() throws {
    let runs = [
      try summary("mlp"), try summary("cnn", epochs: 9), try summary("other", names: ["a", "b"]),
    ]
    let page = ComparisonReport(runs).html()
    #expect(page.contains("Comparison of 3 runs"))
    #expect(page.contains("F1 by class: made-up-10") && page.contains("F1 by class: made-up-2"))
    for name in ["mlp", "cnn", "other"] { #expect(page.contains(">\(name)<")) }
    #expect(page.contains("Validation loss"))
    for word in ["http:", "https:", "<script", "url("] { #expect(!page.contains(word)) }
  }

  @Test func equalTitlesAreNumbered() throws {
    let report = ComparisonReport([try summary("a"), try summary("b"), try summary("a")])
    #expect(report.names == ["a [1]", "b", "a [2]"])
  }

  @Test func runsWithoutValidationOrTestAreCompared() throws {
    let bare = ExperimentReport(
      title: "bare", dataset: "d", network: "n", graph: try Samples.residual(),
      history: Samples.history(epochs: 2, validation: false))
    let page = ComparisonReport([RunSummary(bare), try summary("full")]).html()
    #expect(page.contains("bare (training)"))
    #expect(page.contains("–"))
    #expect(ComparisonReport([]).html().contains("Comparison of 0 runs"))
  }

  @Test func readsReportsFromFolders() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b"] {
      var report = try Samples.report(epochs: 2)
      report.title = name
      try report.write(to: folder.url.appending(path: name))
    }
    let directories = ["a", "b"].map { folder.url.appending(path: $0) }
    let page = folder.url.appending(path: "page.html")
    try ComparisonReport(readingFrom: directories, title: "Two").write(to: page)
    #expect(try String(contentsOf: page, encoding: .utf8).contains("<h1>Two</h1>"))
  }

  @Test func invalidReportsThrow() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: RunSummary.fileName)
    #expect(throws: FileError.self) { try RunSummary(readingFrom: folder.url) }
    var report = try Samples.report(epochs: 2)
    report.bestEpoch = 0
    try report.write(to: folder.url)
    let text = try String(contentsOf: file, encoding: .utf8)
    let replacements = [
      ("\"format\":1", "\"format\":2"), ("\"Trouser\",", ""), ("\"title\"", "\"titel\""),
      ("\"bestEpoch\":0", "\"bestEpoch\":9223372036854775807"), ("}\n", ""),
    ]
    for (old, new) in replacements {
      #expect(text.contains(old))
      try text.replacingOccurrences(of: old, with: new)
        .write(to: file, atomically: true, encoding: .utf8)
      #expect(throws: FileError.self, "\(new)") { try RunSummary(readingFrom: folder.url) }
    }
    let epochs = try Regex("\"epochs\":\\[0,")
    #expect(text.contains(epochs))
    try text.replacing(epochs, with: "\"epochs\":[9223372036854775807,")
      .write(to: file, atomically: true, encoding: .utf8)
    #expect(throws: FileError.self) { try RunSummary(readingFrom: folder.url) }
  }

  @Test func chartsAreSeparatedByDataset() throws {
    let runs = [
      try summary("mlp on made-up-10"), try summary("cnn on made-up-10"),
      try summary("cnn on made-up-2", names: ["a", "b"]),
    ]
    let page = ComparisonReport(runs).html()
    #expect(page.contains("Validation curves: made-up-10"))
    #expect(page.contains("Validation curves: made-up-2"))
    // The common suffix is moved to the heading.
    let legends = page.components(separatedBy: ">cnn</text>").count - 1
    #expect(legends == 6, "two charts each, and the dots of each")
    #expect(!page.contains(">mlp on made-up-10</text>"))
  }

  @Test func columnsAreOmittedIfTitlesContainThem() throws {
    let full = try summary("personal on made-up-10")
    #expect(!ComparisonReport([full]).html().contains(">Data set<"))
    #expect(ComparisonReport([full, try summary("mine")]).html().contains(">Data set<"))
  }

  @Test func filesOfRunsAreKept() throws {
    let folder = try TemporaryFolder()
    let run = folder.url.appending(path: "run")
    try Samples.report(epochs: 2).write(to: run)
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "link"), withDestinationURL: run)
    let before = try #require(folder.bytes("run/report.json"))
    for directory in ["run", "link", "run/../link"] {
      let report = try ComparisonReport(
        readingFrom: [folder.url.appending(path: directory)])
      for page in ["run/report.json", "run/index.html", "link/index.html", "link/curves.svg"] {
        let error = #expect(throws: FileError.self) {
          try report.write(to: folder.url.appending(path: page))
        }
        #expect(error?.expected == "another file than those of the runs", "\(page)")
      }
      try report.write(to: folder.url.appending(path: "index.html"))
      try report.write(to: folder.url.appending(path: "run/comparison.html"))
    }
    #expect(folder.bytes("run/report.json") == before)
  }

  @Test func runsFromFoldersAreLinked() throws {
    let folder = try TemporaryFolder()
    for name in ["a run", "b"] {
      try Samples.report(epochs: 2).write(to: folder.url.appending(path: name))
    }
    let report = try ComparisonReport(
      readingFrom: ["a run", "b/"].map { folder.url.appending(path: $0) })
    for (place, links) in [
      ("page.html", ["a%20run/index.html", "b/index.html"]),
      ("b/page.html", ["../a%20run/index.html", "index.html"]),
      ("c/page.html", ["../a%20run/index.html", "../b/index.html"]),
    ] {
      let page = folder.url.appending(path: place)
      try FileManager.default.createDirectory(
        at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
      try report.write(to: page)
      let text = try String(contentsOf: page, encoding: .utf8)
      for link in links { #expect(text.contains("<a href=\"\(link)\">"), "\(link) in \(place)") }
    }
    #expect(!report.html().contains("<a "))
  }
}
