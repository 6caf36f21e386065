public import Foundation
internal import PinionData
internal import PinionTensor

/// Downloads data sets into the user's cache folder, where their readers look for them.
///
/// A file is written as `NAME.part` and renamed after its size and checksum have been verified;
/// archives are unpacked into a temporary folder and verified before their files are renamed.
/// Interrupted downloads resume, also in a later process. Files already in the cache are not
/// downloaded again.
public struct DatasetDownloader: Sendable {
  /// Whether network access is disabled.
  public let isOffline: Bool
  /// Retry and timeout settings.
  public let options: DownloadOptions

  private let cache: URL?
  private let progress: @Sendable (DownloadProgress) -> Void

  /// - Parameters:
  ///   - cache: The folder that contains one subfolder per data set. Default: `pinion` in
  ///     `$XDG_CACHE_HOME` or `~/.cache`.
  ///   - isOffline: Whether to disable network access. Default: false.
  ///   - options: Retry and timeout settings. Default: five attempts.
  ///   - progress: Called frequently, from any thread. Default: does nothing.
  public init(
    cache: URL? = nil, isOffline: Bool = false, options: DownloadOptions = DownloadOptions(),
    progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) {
    self.cache = cache
    self.isOffline = isOffline
    self.options = options
    self.progress = progress
  }

  /// Downloads a data set unless it is in the cache, and returns its folder.
  ///
  /// No file gets its final name before it is verified.
  ///
  /// - Throws: ``DownloadError`` if a file cannot be downloaded, `FileError` if it cannot be
  ///   written or unpacked, `CancellationError` if the task is canceled.
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
    let environment = ProcessInfo.processInfo.environment
    guard let folder = cache ?? DatasetCache.folder(environment: environment) else {
      throw FileError(
        file: "~/.cache/pinion", place: "cache folder",
        expected: "an absolute path in $XDG_CACHE_HOME or $HOME", found: "neither")
    }
    // Other names than UTF-8 would be replaced by those of other folders.
    _ = try folder.systemPath
    return folder
  }

  /// Downloads one file unless it is in the cache.
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
        .offline, file.url, expected: "\(url.path), because network access is disabled",
        found: found.map {
          "a file with \(checksum.algorithm.rawValue) \($0) instead of \(checksum.hexadecimal)"
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

/// Retry and timeout settings of a downloader.
public struct DownloadOptions: Sendable {
  /// The largest number of attempts per file. Default: 5.
  public var attempts = 5

  /// An attempt fails if fewer than ``minimumBytes`` arrive in this many seconds. Default: 30.
  public var stallTimeout = 30.0

  /// The smallest number of bytes per ``stallTimeout``. Default: 4096.
  public var minimumBytes = 4096

  /// The delay in seconds before the second attempt. It doubles with each attempt, up to 60
  /// seconds. Default: 1.
  public var firstPause = 1.0

  /// The largest number of redirects per file. Default: 10.
  public var redirections = 10

  /// Tests replace it.
  package var sleep: @Sendable (Double) async throws -> Void = {
    try await Task.sleep(for: .seconds($0))
  }

  public init() {}

  /// The delay in seconds after a one-based attempt: exponential backoff, or the server's
  /// `Retry-After` if that is longer, at most 60 seconds.
  func pause(after attempt: Int, atLeast minimum: Int?) -> Double {
    var pause = firstPause
    for _ in 1..<max(1, min(attempt, 64)) { pause *= 2 }
    let shortest = Double(max(0, minimum ?? 0))
    // The comparison is false for NaN.
    return min(60, pause > shortest ? pause : shortest)
  }
}

/// The progress of one file.
public struct DownloadProgress: Sendable, Equatable {
  /// The state of the file. A downloaded archive is ``finished`` again after it is unpacked.
  public enum Phase: Sendable, Equatable {
    /// Data is arriving.
    case receiving
    /// An attempt failed with this error; the next one starts after a delay.
    case waiting(seconds: Double, DownloadError)
    /// The checksum is being computed.
    case verifying
    /// The archive is being unpacked.
    case unpacking
    /// The file has its final name, or the files of the archive have theirs.
    case finished
  }

  public let phase: Phase
  public let file: RemoteFile
  /// The number of bytes received, or unpacked in the phase ``Phase/unpacking``.
  public let completed: Int
  /// The final value of ``completed``.
  public let total: Int
}
