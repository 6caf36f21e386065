internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import PinionReport
internal import PinionTensor

/// Creates pages from the reports of finished runs.
@main
struct PinionReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion-report", abstract: "Create pages from the reports of finished runs.",
    subcommands: [CompareCommand.self, TableCommand.self])

  func validate() throws { try CommandLineEncoding.validate() }

  static func main() { Program.run(Self.self) }
}

/// Creates a page that compares runs.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare several runs on one page.",
    discussion: "The folders are those of the examples' --output option; they contain report.json.")

  @Argument(help: "The folders of the runs.", completion: .directory)
  var directories: [String]

  @Option(help: "The HTML file to write.", completion: .file(extensions: ["html"]))
  var output = "comparison.html"

  @Option(help: "The page's title. (default: Comparison of N runs)")
  var title: String?

  func validate() throws { try PathArgument.validate("--output", output) }

  func run() throws {
    let folders = directories.map { URL(fileURLWithPath: $0, isDirectory: true) }
    try ComparisonReport(readingFrom: folders, title: title)
      .write(to: URL(fileURLWithPath: output))
    print("Comparison written to \(PrintableText.escaped(output))")
  }
}
