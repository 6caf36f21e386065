import Foundation
import Pinion
import Synchronization

/// What a run does with the log of an earlier one.
enum LogBody {
  @Sendable static func seeds(_ scratch: ScratchFile) throws -> [[UInt8]] {
    let log = try resumable(scratch.folder).log
    let lines = log.split(separator: 10, omittingEmptySubsequences: false)
    return [
      log, [], log + Array("1,0.5,0.5,NA,NA\n".utf8), log + Array("1,0.5".utf8), log.dropLast(),
      // The line of another epoch, and lines of Windows.
      log + Array("7,0.5\n".utf8), Array(lines.joined(separator: [13, 10])),
    ].map { Array($0) }
  }

  /// Logs of other columns, one of them in a long line.
  @Sendable static func refusals(_ scratch: ScratchFile) throws -> [[UInt8]] {
    ["epoch,loss\n0,1\n", "\(String(repeating: "c", count: 5_000))\n", "epoch"].map {
      Array($0.utf8)
    }
  }

  /// What a run leaves after its first epoch.
  private struct Resumable {
    let checkpoint: [UInt8]
    let log: [UInt8]

    init(_ folder: URL, append: Bool) throws {
      let log = folder.appending(path: "log")
      // Of an earlier run.
      try SmallRun.logged.train(CSVLogger(log))
      var run = SmallRun.logged
      let checkpoint = folder.appending(path: "run")
      (run.epochs, run.checkpoint) = (1, checkpoint)
      try run.train(CSVLogger(log, append: append))
      self.checkpoint = try [UInt8](Data(contentsOf: checkpoint))
      self.log = try [UInt8](Data(contentsOf: log))
      try FileManager.default.removeItem(at: checkpoint)
    }

    /// Goes on with the run, whose log has become another file.
    func resume(_ url: URL, append: Bool) throws {
      let checkpoint = url.deletingLastPathComponent().appending(path: "resumed")
      try Data(self.checkpoint).write(to: checkpoint)
      var run = SmallRun.logged
      run.checkpoint = checkpoint
      try run.train(CSVLogger(url, append: append))
    }
  }

  private static let made = Mutex<Resumable?>(nil)

  private static func resumable(_ folder: URL) throws -> Resumable {
    try made.withLock { made in
      let resumable = try made ?? Resumable(folder, append: true)
      made = resumable
      return resumable
    }
  }

  /// Resumes a run that wrote to the file, and starts one that does.
  @Sendable static func read(_ url: URL) throws {
    let resumable = try resumable(url.deletingLastPathComponent())
    let log = try? Data(contentsOf: url)
    _ = try Expect.isRefused(url) { try resumable.resume(url, append: true) }
    try log?.write(to: url)
    try SmallRun.logged.train(CSVLogger(url, append: true))
  }
}

extension LogBody {
  /// Logs behind links, of two loggers, and of columns that need quotes.
  @Sendable static func misuse(_ url: URL) throws {
    let files = FileManager.default
    let link = url.deletingLastPathComponent().appending(path: "link")
    func log(_ logger: CSVLogger, metric: String = "metric") throws {
      var run = SmallRun.logged
      run.metrics = [RootMeanSquaredError(name: metric)]
      try run.train(logger)
    }
    try files.createSymbolicLink(at: link, withDestinationURL: url)
    try Expect.refusal(of: "a link to append to", link) {
      try log(CSVLogger(link, append: true))
    }
    let before = try Data(contentsOf: url)
    try log(CSVLogger(link))
    try Expect.that(Data(contentsOf: url) == before, "a file is changed through a link")
    // A hard link is replaced, too.
    try files.removeItem(at: link)
    try files.linkItem(at: url, to: link)
    try log(CSVLogger(link))
    try Expect.that(Data(contentsOf: url) == before, "a file is changed through a hard link")
    try log(CSVLogger("/dev/null"))
    try log(CSVLogger(link, separator: ";"), metric: #"a;"b""#)
    let first = try String(contentsOf: link, encoding: .utf8).prefix { $0 != "\n" }
    try Expect.that(first.contains(#""a;""b""""#), "the columns \(first)")
    try Expect.refusal(of: "a log of another run in progress", url) {
      try SmallRun.logged.train(CSVLogger(url), CSVLogger(url))
    }
    // Without appending, a run that resumes writes its log anew.
    let folder = url.deletingLastPathComponent()
    try Resumable(folder, append: false).resume(url, append: false)
    try Expect.that(
      Data(contentsOf: url).split(separator: 10).count == 3, "the log has other lines")
  }
}
