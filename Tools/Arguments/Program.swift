public import ArgumentParser
public import Foundation
internal import Pinion
internal import PinionTensor

/// The entry point of all programs.
///
/// Standard output is line-buffered, also in files and pipes, so that no output is lost when the
/// process is killed; lines that could not be written are an error. So is a file that grows beyond
/// `ulimit -f`, whose signal is ignored. A negative number after an option is its value. Errors are
/// printed without control characters and without dumps of Foundation errors.
public enum Program {
  /// Runs a command with the process's arguments. Exits if it fails.
  public static func run(_ command: (some ParsableCommand).Type) {
    StandardStreams.prepare()
    do {
      var parsed = try command.parseAsRoot(joined(Array(CommandLine.arguments.dropFirst())))
      try parsed.run()
      try StandardStreams.requireOutput()
    } catch {
      end(command, error)
    }
  }

  /// Runs an asynchronous command, or one with asynchronous subcommands.
  public static func run(_ command: (some AsyncParsableCommand).Type) async {
    StandardStreams.prepare()
    do {
      var parsed = try command.parseAsRoot(joined(Array(CommandLine.arguments.dropFirst())))
      if var waiting = parsed as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try parsed.run()
      }
      try StandardStreams.requireOutput()
    } catch {
      end(command, error)
    }
  }

  /// Joins negative numbers to the options before them: `--learning-rate -0.1` becomes
  /// `--learning-rate=-0.1`, because ArgumentParser would look for an option `-0.1`.
  static func joined(_ arguments: [String]) -> [String] {
    var result: [String] = []
    for argument in arguments {
      if argument.hasPrefix("-"), Double(argument) != nil, let option = result.last,
        option.hasPrefix("--"), option.utf8.count > 2, !option.contains("=")
      {
        result[result.count - 1] = "\(option)=\(argument)"
      } else {
        result.append(argument)
      }
    }
    return result
  }

  private static func end(_ command: (some ParsableCommand).Type, _ error: any Error) -> Never {
    let code = command.exitCode(for: error)
    let message = PrintableText.escaped(
      command.fullMessage(for: readable(error)), keepsLines: true)
    if code.isSuccess {
      print(message)
      do { try StandardStreams.requireOutput() } catch { end(command, error) }
    } else if !message.isEmpty {
      StandardStreams.writeError(message)
    }
    exit(code.rawValue)
  }

  /// The error, or its localized description if it is a Foundation error, whose description is a
  /// dump.
  private static func readable(_ error: any Error) -> any Error {
    guard error is CocoaError || error is POSIXError || type(of: error) is NSError.Type else {
      return error
    }
    let file = (error as NSError).userInfo[NSFilePathErrorKey] as? String
    return FoundationFailure(
      description: (file.map { "\($0): " } ?? "") + error.localizedDescription)
  }

  private struct FoundationFailure: Error, CustomStringConvertible { let description: String }
}

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

  public func validate() throws {
    try PathArgument.validate("--data", data)
    try PathArgument.validate("--directory", directory)
  }

  /// Nil for the standard folders.
  public var folder: URL? {
    (data ?? directory).map { URL(fileURLWithPath: $0, isDirectory: true) }
  }
}
