import ArgumentParser
import CommandArguments

/// Measures training and prediction of the report's networks.
@main struct TrainBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-benchmark",
    abstract: "Measures training and prediction of the report's networks.",
    subcommands: [
      TableCommand.self, MeasureCommand.self, ServeCommand.self, ExportCommand.self,
      FirstPredictionCommand.self, ScaleCommand.self, MeasureScaleCommand.self, CheckCommand.self,
    ],
    defaultSubcommand: TableCommand.self)

  static func main() { Program.run(Self.self) }
}
