public import ArgumentParser
public import Foundation

/// The folder of data sets, under one name in all programs.
public struct DataOption: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: "The folder of the data sets: with the files, or with a subfolder for each data set.",
    completion: .directory)
  private var data: String?

  /// The older name.
  @Option(name: .customLong("directory"), help: .hidden, completion: .directory)
  private var directory: String?

  /// No folder: the usual places.
  public init() {}

  /// The folder, nil for the usual places.
  public var folder: URL? {
    (data ?? directory).map { URL(fileURLWithPath: $0, isDirectory: true) }
  }
}
