import Foundation
import Pinion
import Testing

@testable import PinionReport

@Suite struct ComparisonReportTests {
  func summary(_ title: String, epochs: Int = 5, names: [String] = Samples.fashionNames) throws
    -> RunSummary
  {
    var report = try Samples.report(names: names, epochs: epochs)
    report.title = title
    return RunSummary(report)
  }

  @Test func summariesSurviveTheFile() throws {
    let folder = try ScratchFolder()
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

  @Test func pagesPutRunsSideBySide() throws {
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

  @Test func equalTitlesAreToldApart() throws {
    let report = ComparisonReport([try summary("a"), try summary("b"), try summary("a")])
    #expect(report.names == ["a [1]", "b", "a [2]"])
  }

  @Test func runsWithoutValidationOrTestAreComparedToo() throws {
    let bare = ExperimentReport(
      title: "bare", dataset: "d", network: "n", graph: try Samples.residual(),
      history: Samples.history(epochs: 2, validation: false))
    let page = ComparisonReport([RunSummary(bare), try summary("full")]).html()
    #expect(page.contains("bare (training)"))
    #expect(page.contains("–"))
    #expect(ComparisonReport([]).html().contains("Comparison of 0 runs"))
  }

  @Test func foldersAreRead() throws {
    let folder = try ScratchFolder()
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

  @Test func brokenFilesAreErrors() throws {
    let folder = try ScratchFolder()
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
}
