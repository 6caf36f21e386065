/// A sequence of random numbers in which every draw is a function of a seed, a stream and an index
/// alone.
///
/// There is no state to advance: the same index gives the same draw, whoever asks, in whatever
/// order, on whatever thread. Each user of randomness takes a stream of its own, by a purpose and
/// the numbers that tell its occasions apart:
/// ```swift
/// let order = RandomStream(seed: 1, purpose: "shuffle", epoch).permutation(of: 60_000)
/// ```
/// The bits are ``Philox``'s: the key is the seed's two words, the counter the index's two and the
/// stream's two.
public struct RandomStream: Sendable, Equatable, Hashable, Codable {
  /// The seed, which all streams of a run share.
  public let seed: UInt64

  /// The number of the stream among those of its seed.
  public let stream: UInt64

  /// The stream of the given number.
  public init(seed: UInt64, stream: UInt64) {
    self.seed = seed
    self.stream = stream
  }

  /// The stream of a purpose and of the numbers that tell its occasions apart, such as an epoch and
  /// a layer.
  ///
  /// The stream's number is the 64-bit FNV-1a hash of the name's UTF-8 bytes, followed by
  /// ``substream(_:)`` of each number in turn; it is the same on every machine and in every
  /// release.
  public init(seed: UInt64, purpose: String, _ occasion: Int...) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    self = occasion.reduce(RandomStream(seed: seed, stream: hash)) { $0.substream($1) }
  }

  /// A stream that belongs to this one, of the same seed.
  ///
  /// Different indices give different streams: the number is scrambled by SplitMix64's bijection
  /// (Steele, Lea and Flood, OOPSLA 2014). Streams with different parents coincide only with a
  /// chance of 2⁻⁶⁴.
  public func substream(_ index: some BinaryInteger) -> RandomStream {
    let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    let number = Self.scramble(stream) &+ step &* (UInt64(truncatingIfNeeded: index) &+ 1)
    return RandomStream(seed: seed, stream: Self.scramble(number))
  }

  private static func scramble(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Four words of random bits: the block at an index.
  @inlinable
  public func bits(at index: UInt64) -> SIMD4<UInt32> {
    Philox.block(
      key: SIMD2(.init(truncatingIfNeeded: seed), .init(truncatingIfNeeded: seed >> 32)),
      counter: SIMD4(
        .init(truncatingIfNeeded: index), .init(truncatingIfNeeded: index >> 32),
        .init(truncatingIfNeeded: stream), .init(truncatingIfNeeded: stream >> 32)))
  }

  /// Four numbers spread evenly over [0, 1): the upper 24 bits of each word of the block, times
  /// 2⁻²⁴.
  @inlinable
  public func uniform(at index: UInt64) -> SIMD4<Float> {
    let bits = bits(at: index)
    // Below 2²⁴ the signed conversion is exact, and one instruction for all four lanes.
    let integers = SIMD4<Int32>(truncatingIfNeeded: bits &>> 8)
    return SIMD4<Float>(
      Float(integers.x), Float(integers.y), Float(integers.z), Float(integers.w)) * 0x1p-24
  }
}
