internal import ArgumentParser
internal import Foundation
internal import Pinion

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
