import Foundation
import Glibc

/// A file system in memory of a few hundred kilobytes, for as long as it lives; only root can have one.
final class SmallDisk {
  let url: URL

  /// Whether this process may mount.
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
