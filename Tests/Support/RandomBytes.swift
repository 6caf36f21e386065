/// SplitMix64 (Steele, Lea and Flood 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// One change of a file at random: a bit or a byte is changed, bytes are removed, repeated or cut,
/// or one of `tokens` overwrites a place; without tokens, a byte is inserted.
public func mutate(
  _ bytes: inout [UInt8], tokens: [[UInt8]] = [], by generator: inout some RandomNumberGenerator
) {
  let place = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
  let end = min(bytes.count, place + Int.random(in: 0...12, using: &generator))
  switch Int.random(in: 0..<6, using: &generator) {
  case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
  case 1 where !bytes.isEmpty: bytes[place] = .random(in: 0...255, using: &generator)
  case 2: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &generator)))
  case 3 where place < end: bytes.removeSubrange(place..<end)
  case 4 where place < end: bytes.insert(contentsOf: bytes[place..<end], at: place)
  default:
    guard let token = tokens.randomElement(using: &generator) else {
      bytes.insert(.random(in: 0...255, using: &generator), at: min(place, bytes.count))
      return
    }
    let overwritten = min(bytes.count, place + token.count)
    bytes.replaceSubrange(
      min(place, bytes.count)..<max(overwritten, min(place, bytes.count)), with: token)
  }
}
