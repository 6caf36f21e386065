internal import Glibc

/// The message digest MD5, piece by piece; Rivest, RFC 1321.
///
/// Not for anything that an attacker may have touched. It is here because downloading shall cost its users no
/// other package, and publishers of data sets give MD5.
struct MD5 {
  private static let blockSize = 64

  /// T[i] = ⌊2³² · |sin(i + 1)|⌋.
  private static let sines = (0..<64).map { UInt32(0x1p32 * abs(sin(Double($0 + 1)))) }
  /// By how much the steps of a round rotate, in turn.
  private static let rotations: [[UInt32]] = [
    [7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21],
  ]

  private var state: SIMD4<UInt32> = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
  /// The bytes of the block that is not full yet.
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  /// Appends bytes to the message.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let head = rest.prefix(Self.blockSize - pending.count)
      pending += head
      rest = rest.dropFirst(head.count)
      guard pending.count == Self.blockSize else { return }
      pending.withUnsafeBytes { Self.add($0, to: &state) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / Self.blockSize * Self.blockSize
    Self.add(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)), to: &state)
    pending += rest.dropFirst(whole)
  }

  /// The digest of the message so far, 32 hexadecimal digits.
  var hexadecimal: String {
    var end = pending + [0x80]
    let zeros = (2 * Self.blockSize - 8 - end.count) % Self.blockSize
    end += [UInt8](repeating: 0, count: zeros)
    withUnsafeBytes(of: (count &* 8).littleEndian) { end += $0 }
    var state = state
    end.withUnsafeBytes { Self.add($0, to: &state) }
    return (0..<16).map { i in
      let byte = state[i / 4] >> UInt32(i % 4 * 8) & 0xff
      return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }

  /// Adds whole blocks to a state.
  private static func add(_ blocks: UnsafeRawBufferPointer, to state: inout SIMD4<UInt32>) {
    sines.withUnsafeBufferPointer { sines in
      for start in stride(from: 0, to: blocks.count, by: blockSize) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        func step(_ i: Int, _ mixed: UInt32, word: Int, rotation: UInt32) {
          let x = UInt32(
            littleEndian: blocks.loadUnaligned(
              fromByteOffset: start + 4 * word, as: UInt32.self))
          let sum = a &+ mixed &+ x &+ sines[i]
          (a, d, c) = (d, c, b)
          b = b &+ (sum << rotation | sum >> (32 - rotation))
        }
        for i in 0..<16 {
          step(i, (b & c) | (~b & d), word: i, rotation: rotations[0][i % 4])
        }
        for i in 16..<32 {
          step(i, (b & d) | (c & ~d), word: (5 * i + 1) % 16, rotation: rotations[1][i % 4])
        }
        for i in 32..<48 {
          step(i, b ^ c ^ d, word: (3 * i + 5) % 16, rotation: rotations[2][i % 4])
        }
        for i in 48..<64 {
          step(i, c ^ (b | ~d), word: 7 * i % 16, rotation: rotations[3][i % 4])
        }
        state = state &+ SIMD4(a, b, c, d)
      }
    }
  }
}
