public import FoundationEssentials
internal import PinionTensor

/// Several runs on one page: what they reached, their validation curves, and their scores class by class.
public struct ComparisonReport: Sendable {
  /// The page's title. Default: `Comparison of N runs`.
  public var title: String
  /// What is compared, in the order in which it is shown.
  public let runs: [RunSummary]

  /// The folders of the runs that were read from some.
  private(set) var directories: [URL] = []
  /// What each run is called: its title, with a number where several have the same.
  let names: [String]

  /// A comparison of runs.
  public init(_ runs: [RunSummary], title: String? = nil) {
    self.runs = runs
    self.title = title ?? "Comparison of \(runs.count) run\(runs.count == 1 ? "" : "s")"
    var counts: [String: Int] = [:]
    for run in runs { counts[run.title, default: 0] += 1 }
    var seen: [String: Int] = [:]
    names = runs.map { run in
      guard counts[run.title, default: 0] > 1 else { return run.title }
      seen[run.title, default: 0] += 1
      return "\(run.title) [\(seen[run.title, default: 0])]"
    }
  }

  /// A comparison of the runs whose reports lie in some folders.
  ///
  /// Throws `FileError` if a folder has no `report.json`, or a broken one.
  public init(readingFrom directories: [URL], title: String? = nil) throws {
    try self.init(directories.map { try RunSummary(readingFrom: $0) }, title: title)
    self.directories = directories
  }

  /// Writes the page, with links to those of runs that were read from folders; it appears under its name only when
  /// complete.
  ///
  /// Throws `FileError` if it cannot be written.
  public func write(to file: URL) throws {
    let folder = file.deletingLastPathComponent()
    let links = directories.map {
      RelativeLink.text(from: folder, to: $0.appending(path: ExperimentReport.pageName))
    }
    try AtomicFile.write(html(links: links), to: file)
  }
}
