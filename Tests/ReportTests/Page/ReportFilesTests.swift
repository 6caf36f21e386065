import Foundation
import PinionTensor
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionReport

/// The files that are checked before training are those written after it.
@Suite struct ReportFilesTests {
  @Test func allFilesAreChecked() throws {
    let folder = try TemporaryFolder()
    try Samples.report().write(to: folder.url)
    #expect(folder.contents == Set(ExperimentReport.fileNames))
    try ExperimentReport.checkWritable(folder.url)
    for name in ExperimentReport.fileNames {
      let other = try TemporaryFolder()
      try FileManager.default.createDirectory(
        at: other.url.appending(path: name), withIntermediateDirectories: true)
      let error = #expect(throws: FileError.self) {
        try ExperimentReport.checkWritable(other.url)
      }
      #expect(error?.file.hasSuffix(name) == true)
    }
  }
}
