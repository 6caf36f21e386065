internal import ArgumentParser
internal import CommandArguments

/// Pages from what runs left behind.
@main
struct PinionReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion-report", abstract: "Make pages from the reports of finished runs.",
    subcommands: [CompareCommand.self])

  func validate() throws { try CommandLineEncoding.validate() }

  static func main() { Program.run(Self.self) }
}
