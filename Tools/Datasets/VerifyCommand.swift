internal import ArgumentParser
internal import Foundation
internal import PinionDownload

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

  @Option(
    help: "The folder to look in, instead of the usual ones.", completion: .directory,
    transform: { URL(fileURLWithPath: $0, isDirectory: true) })
  var directory: URL?

  func run() throws {
    var failures = 0
    for source in names {
      do {
        for file in try source.verify(in: directory) {
          print("\(file.url.path): \(file.words)")
        }
      } catch {
        failures += 1
        print("\(error)")
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
