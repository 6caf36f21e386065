internal import Foundation
internal import PinionTensor

/// Downloads one file: attempts, each of which resumes the previous one, verification, and
/// renaming.
struct FileDownload {
  let file: RemoteFile
  let destination: URL
  let options: DownloadOptions
  let progress: @Sendable (DownloadProgress) -> Void

  /// - Throws: ``DownloadError``, `FileError` or `CancellationError`; the destination is unchanged
  ///   then.
  func run() async throws {
    guard let part = try PartialFile(of: destination) else {
      throw DownloadError(
        .busy, file.url, expected: "an exclusive lock",
        found: "\(destination.path).part locked by another download")
    }
    do {
      try await complete(part)
    } catch {
      if part.count == 0 { part.remove() }
      throw error
    }
    report(.finished, file.size)
  }

  private func complete(_ part: PartialFile) async throws {
    // The previous owner of the partial file may have completed the download.
    let checksum = file.checksum
    let found = try? FileChecksum.hexadecimal(of: destination, by: checksum.algorithm)
    if found == checksum.hexadecimal { return part.remove() }
    var attempt = 1
    while true {
      let before = part.count
      do {
        try await FileRequest(file: file, part: part, options: options, report: report).run()
        try verify(part, wasResumed: before > 0)
        return try part.commit()
      } catch let error as DownloadError where error.isTransient && attempt < options.attempts {
        let pause = options.pause(after: attempt, atLeast: error.retryAfter)
        report(.waiting(seconds: pause, error), part.count)
        try await options.sleep(pause)
        attempt += 1
      }
    }
  }

  private func verify(_ part: PartialFile, wasResumed: Bool) throws {
    report(.verifying, part.count)
    let checksum = file.checksum
    let found = try FileChecksum.hexadecimal(of: part.partURL, by: checksum.algorithm)
    guard found != checksum.hexadecimal else { return }
    try part.clear()
    // After resuming, the older bytes may be wrong. They were deleted, so that a new attempt may
    // succeed.
    throw DownloadError(
      wasResumed ? .connectionLost : .wrongChecksum, file.url, expected: "\(checksum)",
      found: found)
  }

  private func report(_ phase: DownloadProgress.Phase, _ completed: Int) {
    progress(
      DownloadProgress(phase: phase, file: file, completed: completed, total: file.size))
  }
}
