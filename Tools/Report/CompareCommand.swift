internal import ArgumentParser
internal import Foundation
internal import PinionReport
internal import PinionTensor

/// Puts several runs on one page.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Put several runs on one page.",
    discussion: "Each folder is one that an example wrote with --output: it has a report.json.")

  @Argument(help: "The folders of the runs.", completion: .directory)
  var directories: [String]

  @Option(help: "The page to write.", completion: .file(extensions: ["html"]))
  var output = "comparison.html"

  @Option(help: "The page's title. (default: Comparison of N runs)")
  var title: String?

  func run() throws {
    let folders = directories.map { URL(fileURLWithPath: $0, isDirectory: true) }
    try ComparisonReport(readingFrom: folders, title: title)
      .write(to: URL(fileURLWithPath: output))
    print("Comparison written to \(PrintableText.escaped(output))")
  }
}
