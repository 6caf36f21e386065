import FuzzReaders
import Testing

/// Broken files of each format: errors that name file, place, what was expected and what was found.
@Suite struct CorruptedFilesTests {
  /// Of each format; more than 500 in all.
  private static let count = 30

  @Test(arguments: FuzzedReader.all.map(\.name)) func corruptedFilesAreRefused(name: String) throws
  {
    let reader = try #require(FuzzedReader.all.first { $0.name == name })
    let scratch = try ScratchFile()
    let seeds = try reader.seeds(scratch)
    var refused: Set<[UInt8]> = []
    var tried = 0
    while refused.count < Self.count, tried < 2_000 {
      let file = reader.corrupted(tried, from: seeds)
      tried += 1
      switch try reader.read(file.bytes, in: scratch) {
      case .read: break
      case .refused: refused.insert(file.bytes)
      case .fault(let text): Issue.record("\(name), \(file.change): \(text)")
      }
    }
    #expect(refused.count == Self.count, "after \(tried) files")
  }

  @Test func formatsAreMany() { #expect(FuzzedReader.all.count * Self.count > 500) }
}
