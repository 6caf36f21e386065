internal import ArgumentParser
internal import CommandArguments

/// The data sets that Pinion knows: what there is, getting it, checking it, looking at it.
@main
struct DatasetsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion-datasets",
    abstract: "Download the data sets that Pinion knows, check them, look at them.",
    subcommands: [
      ListCommand.self, DownloadCommand.self, VerifyCommand.self, ShowCommand.self,
    ])

  func validate() throws { try CommandLineEncoding.validate() }

  static func main() async { await Program.run(Self.self) }
}
