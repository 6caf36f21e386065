internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import PinionDownload
internal import PinionTensor

/// Verifies the files of data sets.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Verify the files of data sets without network access.",
    discussion: """
      Compressed files, or their contents, must have the published checksum: SHA-256 if known, \
      otherwise MD5, which detects transmission errors but no tampering. Other files must have a \
      valid size and valid labels.
      """)

  @Argument(help: "The data sets.")
  var names: [DatasetSource]

  @OptionGroup var data: DataOption

  func run() throws {
    var failures = 0
    for source in names {
      do {
        for file in try source.verify(in: data.folder) {
          print("\(PrintableText.escaped(SystemPath.text(file.url))): \(file.words)")
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
    let worth = algorithm == .md5 ? " (which detects transmission errors but no tampering)" : ""
    return switch evidence {
    case .checksum: "published \(name) verified\(worth)"
    case .contentsChecksum: "published \(name) of the contents verified\(worth)"
    case .structure: "size and labels verified"
    }
  }
}
