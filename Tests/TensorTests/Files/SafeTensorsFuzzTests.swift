import Foundation
import PinionTensor
import PinionTestSupport
import Testing

/// Files broken at random, by a seed: each loads or throws ``FileError``; none traps.
@Suite struct SafeTensorsFuzzTests {
  private static let tokens = [
    "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "\\ud800", "__metadata__", "\"dtype\"",
    "\"F32\"", "\"F4\"", "-1", "0", "1e9", "9223372036854775807", "18446744073709551616", "null",
    "\u{E9}", "e\u{301}", "\0", " ", "[[[[", "[0,0]",
  ].map { Array($0.utf8) }

  @Test(arguments: ["safetensors_official", "safetensors_pinion"])
  func brokenFilesLoadOrThrow(fixture: String) throws {
    let folder = try ScratchFolder()
    let url = folder["a"]
    let original = try [UInt8](
      Data(contentsOf: Fixture.folder.appending(path: "\(fixture).safetensors")))
    var generator = SplitMix64(seed: 1)
    var loaded = 0
    var refused = 0
    for round in 0..<5_000 {
      var bytes = original
      for _ in 0...(round % 4) { mutate(&bytes, tokens: Self.tokens, by: &generator) }
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
