internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import PinionDownload
internal import PinionTensor

struct DownloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "download", abstract: "Download data sets that are not in the cache.",
    discussion: """
      Interrupted downloads resume. Files are renamed after their checksums have been verified. \
      Each data set has a subfolder of --data, or of pinion in the user's cache.
      """)

  @Argument(help: "The data sets.")
  var names: [DatasetSource]

  @OptionGroup var data: DataOption

  @Option(
    help: "The URL of a folder with the same files, verified by the published checksums.",
    transform: { text in
      guard let url = URL(string: text), url.isOnServer else {
        throw ValidationError(
          "expected an http or https URL with a host and, if any, a port from 1 to 65535.")
      }
      return url
    })
  var mirror: URL?

  @Flag(help: "Disable network access; only verify the cache.")
  var offline = false

  func run() async throws {
    let bar = DownloadBar()
    let downloader = DatasetDownloader(cache: data.folder, isOffline: offline) { bar.show($0) }
    for source in names {
      let result: Result<URL, any Error>
      do {
        let source = mirror.map { source.mirrored(at: $0) } ?? source
        result = .success(try await downloader.download(source))
      } catch {
        result = .failure(error)
      }
      // An error message must start on a new line.
      bar.endLine()
      print("\(source.title) is in \(PrintableText.escaped(try result.get().path))")
    }
  }
}
