internal import PinionTestSupport

/// A broken file of a format, always the same for a number.
package struct CorruptedFile {
  /// What was done to a valid file.
  package let change: String
  package let bytes: [UInt8]
}

extension FuzzedReader {
  /// A valid file with one change: cut, overwritten, or changed within its structure, with the
  /// lengths and checksums that belong to the change. A reader may accept a few of them, such as
  /// other pixels.
  package func corrupted(_ number: Int, from seeds: [[UInt8]]) -> CorruptedFile {
    var generator = SplitMix64(seed: UInt64(number))
    let index = number % seeds.count
    let seed = seeds[index]
    let file = "seed \(index)"
    switch number / seeds.count % 4 {
    case 0:
      let count = Int.random(in: 0..<max(1, seed.count), using: &generator)
      return CorruptedFile(
        change: "the first \(count) bytes of \(file)", bytes: Array(seed[..<count]))
    case 1 where !seed.isEmpty:
      // Most formats begin with what says most about the rest.
      let place = Int.random(in: 0..<min(seed.count, 64), using: &generator)
      var bytes = seed
      bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
      return CorruptedFile(change: "byte \(place) of \(file)", bytes: bytes)
    default:
      var leaf = generator
      let bytes = mutated(seed, by: &generator) { part in
        var changed = part
        mutate(&changed, by: &leaf)
        return changed
      }
      return CorruptedFile(change: "mutation \(number) of \(file)", bytes: bytes)
    }
  }
}
