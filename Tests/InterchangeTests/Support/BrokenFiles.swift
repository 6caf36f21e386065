import Foundation
import PinionTensor
import PinionTestSupport
import Testing

/// Files broken at random, by a seed, and at every byte.
struct BrokenFiles {
  /// SplitMix64 (Steele, Lea and Flood 2014).
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

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
    var generator = Generator(state: 1)
    var count = 0
    for round in 0..<rounds {
      var bytes = original
      for _ in 0...(round % 4) { Self.mutate(&bytes, with: &generator) }
      if try isRead(bytes, "round \(round)") { count += 1 }
    }
    return count
  }

  private static func mutate(_ bytes: inout [UInt8], with generator: inout Generator) {
    let position = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
    let end = min(bytes.count, position + Int.random(in: 0...12, using: &generator))
    switch Int.random(in: 0..<6, using: &generator) {
    case 0 where !bytes.isEmpty: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1 where !bytes.isEmpty: bytes[position] = .random(in: 0...255, using: &generator)
    case 2: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &generator)))
    case 3 where position < end: bytes.removeSubrange(position..<end)
    case 4 where position < end: bytes.insert(contentsOf: bytes[position..<end], at: position)
    default:
      let limit = limits.randomElement(using: &generator)!
      let end = min(bytes.count, position + limit.count)
      bytes.replaceSubrange(min(position, bytes.count)..<max(end, position), with: limit)
    }
  }
}
