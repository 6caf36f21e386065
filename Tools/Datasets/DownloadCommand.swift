internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import PinionDownload
internal import PinionTensor

/// Downloads data sets.
struct DownloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "download", abstract: "Download data sets, unless they are here.",
    discussion: """
      A download that was cut off goes on where it ended. Nothing gets its final name before its \
      checksum is right. Each data set gets a subfolder of --data, or of pinion in the user's cache.
      """)

  @Argument(help: "The data sets.")
  var names: [DatasetSource]

  @OptionGroup var data: DataOption

  @Option(
    help: "Another server's folder with the same files; their checksums are those published.",
    transform: { text in
      guard let url = URL(string: text), ["http", "https"].contains(url.scheme) else {
        throw ValidationError("'\(text)' is no http or https address.")
      }
      return url
    })
  var mirror: URL?

  @Flag(help: "Only see whether they are here; no network access.")
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
      // The message about an error shall not begin in the middle of a line.
      bar.endLine()
      print("\(source.title) is in \(PrintableText.escaped(try result.get().path))")
    }
  }
}
