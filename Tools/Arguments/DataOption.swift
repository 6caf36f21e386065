public import ArgumentParser
public import Foundation

/// The option for the folder of data sets, common to all programs.
public struct DataOption: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: "The folder with the files, or with one subfolder per data set.",
    completion: .directory)
  private var data: String?

  /// A former name of the option.
  @Option(name: .customLong("directory"), help: .hidden, completion: .directory)
  private var directory: String?

  public init() {}

  /// Nil for the standard folders.
  public var folder: URL? {
    (data ?? directory).map { URL(fileURLWithPath: $0, isDirectory: true) }
  }
}
