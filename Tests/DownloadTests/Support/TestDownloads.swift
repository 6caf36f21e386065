import Foundation
import Glibc
import PinionDigest
import PinionTestSupport
import Synchronization
import Testing

@testable import PinionData
@testable import PinionDownload

/// Pseudorandom bytes without short repetitions.
func sampleBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 33)
  }
}

/// The checksum of bytes. Records an issue if it cannot be computed.
func checksum(_ bytes: [UInt8], by algorithm: MessageDigest.Algorithm) -> String {
  do {
    return try MessageDigest.hexadecimal(of: bytes, by: algorithm)
  } catch {
    Issue.record(error)
    return ""
  }
}

func md5(_ bytes: [UInt8]) -> String { checksum(bytes, by: .md5) }

/// A data set of one file, `data.bin`.
func source(
  _ bytes: [UInt8], at url: URL, contents: [ArchiveFile] = [], size: Int? = nil,
  sha256: String? = nil
) -> DatasetSource {
  DatasetSource(
    name: "test", title: "Test", folderName: "test-set",
    files: [RemoteFile(url, size: size ?? bytes.count, md5: md5(bytes), sha256: sha256)],
    contents: contents,
    finder: { DatasetFiles(training: [], test: [$0!.appending(path: "test-set/data.bin")]) },
    reader: { _ in
      throw DatasetNotFound(dataset: "Test", files: [], searched: [], remedies: [])
    })
}

/// Records the progress and the delays of a downloader.
final class Journal: Sendable {
  let progress = Mutex<[DownloadProgress]>([])
  let pauses = Mutex<[Double]>([])
}

/// A downloader without delays between attempts. The default timeout is longer than other tests may
/// delay it.
func downloader(
  into folder: TemporaryFolder, isOffline: Bool = false, attempts: Int = 3,
  stallTimeout: Double = 600, minimumBytes: Int = 1, journal: Journal = Journal()
) -> DatasetDownloader {
  var options = DownloadOptions()
  options.attempts = attempts
  options.stallTimeout = stallTimeout
  options.minimumBytes = minimumBytes
  options.sleep = { seconds in journal.pauses.withLock { $0.append(seconds) } }
  return DatasetDownloader(cache: folder.url, isOffline: isOffline, options: options) { progress in
    journal.progress.withLock { $0.append(progress) }
  }
}

/// Counts calls from 1.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// A tmpfs of a few hundred kilobytes, which requires root.
final class SmallDisk {
  let url: URL

  /// Whether this process may mount file systems.
  static let isPossible = (try? SmallDisk(kilobytes: 64)) != nil

  init(kilobytes: Int) throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "pinion-small-disk-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    guard mount("tmpfs", url.path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
      let code = errno
      try? FileManager.default.removeItem(at: url)
      throw POSIXError(.init(rawValue: code) ?? .EPERM)
    }
  }

  deinit {
    umount2(url.path, Int32(MNT_DETACH))
    try? FileManager.default.removeItem(at: url)
  }

  var contents: Set<String> {
    Set(FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? [])
  }
}
