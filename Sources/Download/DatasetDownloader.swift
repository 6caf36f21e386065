public import Foundation
internal import PinionData
internal import PinionTensor

/// Downloads data sets into the user's cache, where the readers find them.
///
/// What arrives lies under a name with `.part` until its length and its checksum are those that were
/// published; an archive is unpacked in a folder of its own and checked before its files get their
/// names. A download that was cut off, by the network, by a full disk or by the end of the program,
/// goes on where it ended. A file that is here already is not fetched again.
public struct DatasetDownloader: Sendable {
  /// Whether to refrain from any network access.
  public let isOffline: Bool
  /// How patient it is.
  public let options: DownloadOptions

  private let cache: URL?
  private let progress: @Sendable (DownloadProgress) -> Void

  /// A downloader.
  ///
  /// - Parameters:
  ///   - cache: The folder in which each data set gets a subfolder. Default: `pinion` in
  ///     `$XDG_CACHE_HOME` or `~/.cache`.
  ///   - isOffline: Whether to refrain from any network access. Default: no.
  ///   - options: How patient it is. Default: five attempts.
  ///   - progress: Told how far each file is, often and from any thread.
  public init(
    cache: URL? = nil, isOffline: Bool = false, options: DownloadOptions = DownloadOptions(),
    progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) {
    self.cache = cache
    self.isOffline = isOffline
    self.options = options
    self.progress = progress
  }

  /// Makes sure that a data set is in the cache, and returns its folder.
  ///
  /// Throws ``DownloadError`` if a file cannot be had, `FileError` if it cannot be written or unpacked,
  /// `CancellationError` if the task is cancelled. Then no file that is not right bears its final name.
  @discardableResult
  public func download(_ source: DatasetSource) async throws -> URL {
    let root = try cacheFolder()
    let folder = root.appending(path: source.folderName, directoryHint: .isDirectory)
    if source.contents.isEmpty {
      for file in source.files { try await fetch(file, into: folder) }
    } else if !isUnpacked(source, in: folder) {
      for file in source.files {
        let archive = try await fetch(file, into: root)
        try unpack(archive, file, of: source, into: folder)
      }
    }
    return folder
  }

  private func cacheFolder() throws -> URL {
    if let cache { return cache }
    guard let folder = DatasetCache.folder(environment: ProcessInfo.processInfo.environment) else {
      throw FileError(
        file: "~/.cache/pinion", place: "the user's cache",
        expected: "an absolute path in $XDG_CACHE_HOME or $HOME", found: "neither")
    }
    return folder
  }

  /// Gets one file, unless it is here.
  @discardableResult
  private func fetch(_ file: RemoteFile, into folder: URL) async throws -> URL {
    let url = folder.appending(path: file.name)
    let checksum = file.checksum
    let found =
      FileManager.default.fileExists(atPath: url.path)
      ? try FileChecksum.hexadecimal(of: url, by: checksum.algorithm) : nil
    if found == checksum.hexadecimal { return url }
    guard !isOffline else {
      throw DownloadError(
        .offline, file.url, expected: "\(url.path), since downloads are switched off",
        found: found.map {
          "a file with the \(checksum.algorithm.rawValue) \($0) instead of \(checksum.hexadecimal)"
        } ?? "no such file")
    }
    try Folder.make(folder.systemPath)
    try await FileDownload(file: file, destination: url, options: options, progress: progress)
      .run()
    return url
  }

  private func isUnpacked(_ source: DatasetSource, in folder: URL) -> Bool {
    source.contents.allSatisfy { file in
      let path = folder.appending(path: file.name).path
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      return size == file.size
    }
  }

  private func unpack(
    _ archive: URL, _ file: RemoteFile, of source: DatasetSource, into folder: URL
  ) throws {
    let installation = ArchiveInstallation(archive: archive, source: source, folder: folder)
    try installation.run { bytes, total in
      progress(
        DownloadProgress(phase: .unpacking, file: file, completed: bytes, total: total))
    }
    progress(
      DownloadProgress(
        phase: .finished, file: file, completed: file.size, total: file.size))
  }
}
