public import ArgumentParser
internal import Foundation
internal import Pinion
internal import PinionTensor

/// What all programs do around their commands.
///
/// The standard output is flushed line by line, also into a file or a pipe: whatever ends the program, what it printed is
/// there. A negative number behind an option is the option's value, so that the option can say what is wrong with it.
/// Errors are one line, whatever they are about: no control characters, no dump of a Foundation error.
public enum Program {
  /// Runs a command with the process's arguments, and ends the process if it fails.
  public static func run(_ command: (some ParsableCommand).Type) {
    StandardStreams.flushEachLine()
    do {
      var parsed = try command.parseAsRoot(joined(Array(CommandLine.arguments.dropFirst())))
      try parsed.run()
    } catch {
      end(command, error)
    }
  }

  /// Runs a command that waits, or has subcommands that do.
  public static func run(_ command: (some AsyncParsableCommand).Type) async {
    StandardStreams.flushEachLine()
    do {
      var parsed = try command.parseAsRoot(joined(Array(CommandLine.arguments.dropFirst())))
      if var waiting = parsed as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try parsed.run()
      }
    } catch {
      end(command, error)
    }
  }

  /// Arguments with each negative number joined to the option before it: `--learning-rate -0.1` is read as
  /// `--learning-rate=-0.1`, where ArgumentParser by itself looks for an option `-0.1`.
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
      command.fullMessage(for: told(error)), keepsLines: true)
    if code.isSuccess {
      print(message)
    } else if !message.isEmpty {
      StandardStreams.writeError(message)
    }
    exit(code.rawValue)
  }

  /// The error, or what it says to people if it is one of Foundation's, whose descriptions are dumps.
  private static func told(_ error: any Error) -> any Error {
    guard error is CocoaError || error is POSIXError || type(of: error) is NSError.Type else {
      return error
    }
    let file = (error as NSError).userInfo[NSFilePathErrorKey] as? String
    return FoundationFailure(
      description: (file.map { "\($0): " } ?? "") + error.localizedDescription)
  }

  private struct FoundationFailure: Error, CustomStringConvertible { let description: String }
}

/// Whether the program can know what it was told. Swift's strings hold UTF-8 alone: `CommandLine.arguments` has
/// replacement characters for other bytes, and so would the names of the files written.
public enum CommandLineEncoding {
  /// Throws for the first argument that is not UTF-8, and if the current folder's path is not.
  public static func validate() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      try validate(
        "argument \(index)", UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
    }
    guard let folder = getcwd(nil, 0) else { return }
    defer { free(folder) }
    try validate("the current folder", UnsafeRawBufferPointer(start: folder, count: strlen(folder)))
  }

  /// Throws unless bytes are UTF-8; they appear in the error as `\xE9`.
  static func validate(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    throw ValidationError(
      "\(name): expected UTF-8, found \(SystemPath.text(Array(bytes))). Nothing was written.")
  }
}
