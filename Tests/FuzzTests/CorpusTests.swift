import Foundation
import FuzzReaders
import PinionTestSupport
import Testing

/// The inputs that the fuzzer found to reach different code, and valid files.
@Suite struct CorpusTests {
  private static let corpus = Fixture.folder.deletingLastPathComponent()
    .appending(path: "Fuzz/Corpus")

  @Test(arguments: FuzzedReader.all.map(\.name)) func corpusIsReadOrRefused(name: String) throws {
    let reader = try #require(FuzzedReader.all.first { $0.name == name })
    let scratch = try ScratchFile()
    let folder = Self.corpus.appending(path: name)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(!files.isEmpty)
    for file in files {
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
      if case .fault(let text) = try reader.read(bytes, in: scratch) {
        Issue.record("\(name)/\(file): \(text)")
      }
    }
  }

  @Test(arguments: FuzzedReader.all.map(\.name)) func seedsAreRead(name: String) throws {
    let reader = try #require(FuzzedReader.all.first { $0.name == name })
    let scratch = try ScratchFile()
    let seeds = try reader.seeds(scratch)
    var read = 0
    for (index, seed) in seeds.enumerated() {
      switch try reader.read(seed, in: scratch) {
      case .read: read += 1
      case .refused(let error): Issue.record("\(name) \(index): \(error)")
      case .fault(let text): Issue.record("\(name) \(index): \(text)")
      }
      // Taking apart and putting together leaves files readable.
      guard let split = reader.structure?.split(seed) else { continue }
      let again = split.join(split.parts.map(\.bytes))
      guard case .read = try reader.read(again, in: scratch) else {
        Issue.record("\(name) \(index): unreadable after split and join")
        continue
      }
    }
    #expect(read == seeds.count)
  }

  /// Files beyond the limits of their formats, among others.
  @Test(arguments: FuzzedReader.all.map(\.name)) func refusalsAreRefused(name: String) throws {
    let reader = try #require(FuzzedReader.all.first { $0.name == name })
    let scratch = try ScratchFile()
    for (index, file) in try reader.refusals(scratch).enumerated() {
      switch try reader.read(file, in: scratch) {
      case .read: Issue.record("\(name) \(index) is read")
      case .refused: break
      case .fault(let text): Issue.record("\(name) \(index): \(text)")
      }
    }
  }

  /// No file, a folder in its place, wrong arguments, and files that take long.
  @Test(arguments: FuzzedReader.all.map(\.name)) func callersMayBeWrong(name: String) throws {
    let reader = try #require(FuzzedReader.all.first { $0.name == name })
    try reader.readOnce(in: ScratchFile())
  }
}
