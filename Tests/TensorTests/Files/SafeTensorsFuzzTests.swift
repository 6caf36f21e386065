import Foundation
import PinionTensor
import PinionTestSupport
import Testing

/// Files broken at random, by a seed: each loads or throws ``FileError``; none traps.
@Suite struct SafeTensorsFuzzTests {
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

  private static let tokens = [
    "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "\\ud800", "__metadata__", "\"dtype\"",
    "\"F32\"", "\"F4\"", "-1", "0", "1e9", "9223372036854775807", "18446744073709551616", "null",
    "\u{E9}", "e\u{301}", "\0", " ", "[[[[", "[0,0]",
  ].map { Array($0.utf8) }

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
      let token = tokens.randomElement(using: &generator)!
      bytes.replaceSubrange(min(position, bytes.count)..<max(end, position), with: token)
    }
  }

  @Test(arguments: ["safetensors_official", "safetensors_pinion"])
  func brokenFilesLoadOrThrow(fixture: String) throws {
    let folder = try ScratchFolder()
    let url = folder["a"]
    let original = try [UInt8](
      Data(contentsOf: Fixture.folder.appending(path: "\(fixture).safetensors")))
    var generator = Generator(state: 1)
    var loaded = 0
    var refused = 0
    for round in 0..<5_000 {
      var bytes = original
      for _ in 0...(round % 4) { Self.mutate(&bytes, with: &generator) }
      // Half of the files get the length that their header would have now, so that it is read.
      if round % 2 == 0, bytes.count >= 8 {
        let header = original.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        let length = Int64(header) + Int64(bytes.count - original.count)
        bytes.replaceSubrange(0..<8, with: withUnsafeBytes(of: length, Array.init))
      }
      try Data(bytes).write(to: url)
      do {
        let file = try SafeTensorsFile(contentsOf: url)
        for entry in file.entries {
          do { _ = try file.elements(of: entry.name) } catch is FileError {}
        }
        loaded += 1
      } catch is FileError {
        refused += 1
      }
    }
    #expect(loaded + refused == 5_000)
    #expect(loaded > 100 && refused > 1_000)
  }
}
