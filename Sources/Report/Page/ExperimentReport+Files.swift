package import FoundationEssentials
internal import PinionTensor

extension ExperimentReport {
  /// The names of all files that ``write(to:)`` may write.
  static let fileNames: [String] = {
    let rasters = ["samples", "confusion-matrix", "predictions", "mistakes"]
    let vectors = ["curves", "network-volumes", "network-graph"] + rasters
    return [pageName, RunSummary.fileName] + vectors.map { $0 + ".svg" }
      + rasters.map { $0 + ".png" }
  }()

  /// Throws `FileError` if ``write(to:)`` would fail: the folder is not writable, or a file's name
  /// is that of a folder or a special file. For programs that train before they write.
  package static func checkWritable(_ directory: URL) throws {
    for name in fileNames { try AtomicFile.checkWritable(directory.appending(path: name)) }
  }
}
