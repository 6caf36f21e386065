import Foundation
import Pinion
import Testing
import VisualizationTestSupport

@testable import PinionReport

/// Writes pages for visual inspection to the folder in `PINION_REPORT_DEMO`, if it is set.
@Suite struct DemoTests {
  static let folder = ProcessInfo.processInfo.environment["PINION_REPORT_DEMO"].map {
    URL(fileURLWithPath: $0, isDirectory: true)
  }

  @Test(.enabled(if: folder != nil)) func writesDemoPages() throws {
    let folder = try #require(Self.folder)
    var runs: [String: ExperimentReport] = [:]
    runs["ten"] = try Samples.report(epochs: 40)
    var hundred = try Samples.report(names: Samples.names(100), shape: [32, 32, 3], epochs: 300)
    hundred.classGroups = (0..<20).map { group in
      ClassGroup("superclass number \(group)", classes: (0..<5).map { $0 * 20 + group })
    }
    runs["hundred"] = hundred
    var hostile = try Samples.report(
      names: [Samples.hostile, "b", "a_class_name_in_one_word_of_great_length", "日本語の名前"],
      epochs: 1)
    hostile.graph = try Samples.residual()
    hostile.title = Samples.hostile
    runs["hostile"] = hostile
    var interrupted = ExperimentReport(
      title: "Interrupted", dataset: "made-up-10", network: "residual",
      graph: try Samples.residual(), history: Samples.history(epochs: 0))
    interrupted.isInterrupted = true
    runs["interrupted"] = interrupted
    for (name, report) in runs { try report.write(to: folder.appending(path: name)) }
    let names = ["ten", "hundred", "hostile", "interrupted", "ten"]
    try ComparisonReport(readingFrom: names.map { folder.appending(path: $0) })
      .write(to: folder.appending(path: "comparison.html"))
  }
}
