internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import PinionDownload
internal import PinionTensor

/// Checks the files of data sets.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the files of data sets, without network access.",
    discussion: """
      Packed files must have the published checksum, or contents that do: a SHA-256 where one is known, \
      else an MD5, which detects accidents but no forgeries. The others must have the right size and \
      right labels throughout.
      """)

  @Argument(help: "The data sets.")
  var names: [DatasetSource]

  @OptionGroup var data: DataOption

  func run() throws {
    var failures = 0
    for source in names {
      do {
        for file in try source.verify(in: data.folder) {
          print("\(PrintableText.escaped(file.url.path)): \(file.words)")
        }
      } catch {
        failures += 1
        print(PrintableText.escaped("\(error)", keepsLines: true))
      }
    }
    if failures > 0 { throw ExitCode.failure }
  }
}

extension VerifiedFile {
  var words: String {
    let name = (algorithm?.rawValue ?? "checksum")
    let worth = algorithm == .md5 ? ", which detects accidents but no forgeries" : ""
    return switch evidence {
    case .checksum: "has the published \(name)\(worth)"
    case .contentsChecksum: "has the contents of the published file, by their \(name)\(worth)"
    case .structure: "has the right size and right labels"
    }
  }
}
