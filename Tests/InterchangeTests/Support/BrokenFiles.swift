import Foundation
import PinionTensor
import PinionTestSupport
import Testing

/// Files broken at random, by a seed, and at every byte.
struct BrokenFiles {
  /// The limits of sizes, counts and offsets of 8 to 64 bits.
  private static let limits: [[UInt8]] = [
    [0xFF], [0x7F], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F],
    [0, 0, 0, 0x80], [UInt8](repeating: 0xFF, count: 8),
    [UInt8](repeating: 0xFF, count: 7) + [0x7F], [0, 0, 0, 0, 0, 0, 0, 0x80], [0, 0, 0, 0],
  ]

  let original: [UInt8]
  /// Reads a file whole.
  let read: (URL) throws -> Void

  private let folder: TemporaryFolder

  init(_ original: [UInt8], read: @escaping (URL) throws -> Void) throws {
    (self.original, self.read) = (original, read)
    folder = try TemporaryFolder()
  }

  init(fixture: String, read: @escaping (URL) throws -> Void) throws {
    try self.init(
      [UInt8](Data(contentsOf: Fixture.folder.appending(path: "interchange/\(fixture)"))),
      read: read)
  }

  /// Whether a file is read; false if ``FileError`` is thrown. Other errors are issues.
  private func isRead(_ bytes: [UInt8], _ what: @autoclosure () -> String) throws -> Bool {
    try folder.write(bytes, to: "broken")
    do {
      try read(folder.url.appending(path: "broken"))
      return true
    } catch is FileError {
      return false
    } catch {
      Issue.record("\(what()): \(error)")
      return false
    }
  }

  /// Every prefix is refused.
  func expectTruncationsRefused(step: Int = 1) throws {
    #expect(try isRead(original, "the file itself"))
    for count in stride(from: 0, to: original.count, by: step) {
      #expect(try !isRead(Array(original[..<count]), "\(count) bytes"), "\(count) bytes")
    }
  }

  /// Every position, or each of a range, with every limit in its place. Returns how many were read.
  @discardableResult
  func expectLimitsHandled(step: Int = 1, in range: Range<Int>? = nil) throws -> Int {
    var count = 0
    let range = range ?? original.indices
    for position in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      for limit in Self.limits where position + limit.count <= original.count {
        var bytes = original
        bytes.replaceSubrange(position..<position + limit.count, with: limit)
        if try isRead(bytes, "\(limit) at byte \(position)") { count += 1 }
      }
    }
    return count
  }

  /// Bits and bytes changed, removed, repeated and cut. Returns how many were read.
  @discardableResult
  func expectMutationsHandled(_ rounds: Int) throws -> Int {
    var generator = SplitMix64(seed: 1)
    var count = 0
    for round in 0..<rounds {
      var bytes = original
      for _ in 0...(round % 4) { mutate(&bytes, tokens: Self.limits, by: &generator) }
      if try isRead(bytes, "round \(round)") { count += 1 }
    }
    return count
  }
}
