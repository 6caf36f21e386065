internal import Glibc

/// A counter-based random number stream: each draw is a function of a seed, a stream and an index.
///
/// There is no state, so that draws do not depend on their order or on threads. Each use of random
/// numbers has a stream of its own, keyed by a purpose and numbers such as the epoch:
/// ```swift
/// let order = RandomStream(seed: 1, purpose: "shuffle", epoch).permutation(of: 60_000)
/// ```
/// The bits are those of Philox 4×32-10: the key is the seed's two words, the counter the index's
/// two words and the stream's two words.
public struct RandomStream: Sendable, Equatable, Hashable, Codable {
  /// Shared by all streams of a run.
  public let seed: UInt64

  /// The number of the stream among those of the seed: the two upper words of the counter.
  public let stream: UInt64

  /// The stream of a given number. Two streams of one seed have no block of bits in common if their
  /// numbers differ; ``init(seed:purpose:_:)`` computes a number from a name.
  public init(seed: UInt64, stream: UInt64) {
    self.seed = seed
    self.stream = stream
  }

  /// The stream of a purpose and of numbers such as an epoch and a layer.
  ///
  /// Its number is the 64-bit FNV-1a hash of the purpose's UTF-8 bytes, followed by
  /// ``substream(_:)`` for each number. It does not depend on the machine or the release.
  public init(seed: UInt64, purpose: String, _ occasion: Int...) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    self = occasion.reduce(RandomStream(seed: seed, stream: hash)) { $0.substream($1) }
  }

  /// A stream derived from this one, of the same seed.
  ///
  /// Different indices give different streams: the number is scrambled by SplitMix64's bijection
  /// (Steele, Lea and Flood, OOPSLA 2014). Substreams of different streams coincide with
  /// probability 2⁻⁶⁴.
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

  /// Four words of random bits.
  @inlinable
  public func bits(at index: UInt64) -> SIMD4<UInt32> {
    Philox.block(
      key: SIMD2(.init(truncatingIfNeeded: seed), .init(truncatingIfNeeded: seed >> 32)),
      counter: SIMD4(
        .init(truncatingIfNeeded: index), .init(truncatingIfNeeded: index >> 32),
        .init(truncatingIfNeeded: stream), .init(truncatingIfNeeded: stream >> 32)))
  }

  /// Four uniformly distributed numbers in [0, 1): the upper 24 bits of each word of the block
  /// times 2⁻²⁴.
  @inlinable
  public func uniform(at index: UInt64) -> SIMD4<Float> {
    let bits = bits(at: index)
    // Below 2²⁴ the signed conversion is exact and a single vector instruction.
    let integers = SIMD4<Int32>(truncatingIfNeeded: bits &>> 8)
    return SIMD4<Float>(
      Float(integers.x), Float(integers.y), Float(integers.z), Float(integers.w)) * 0x1p-24
  }
}

extension RandomStream.Generator {
  /// A uniformly distributed number in [0, 1): the upper 53 of the next 64 bits times 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A normally distributed number of mean 0 and standard deviation 1: √(−2 ln (1 − u₁))·cos 2πu₂.
  ///
  /// Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// A number in [0, 1] from the beta distribution, of density ∝ x^(α−1)·(1 − x)^(β−1): x/(x + y)
  /// for gamma-distributed x and y.
  ///
  /// The two are drawn as logarithms, since both may underflow for small parameters. Traps unless
  /// both parameters are positive and finite.
  public mutating func beta(_ alpha: Double, _ beta: Double) -> Double {
    require(
      alpha > 0 && alpha.isFinite && beta > 0 && beta.isFinite,
      "beta numbers of parameters \(alpha) and \(beta)")
    let first = logGamma(shape: alpha)
    let second = logGamma(shape: beta)
    return 1 / (1 + exp(second - first))
  }

  /// The logarithm of a number from the gamma distribution, of density ∝ x^(shape−1)·e^(−x).
  ///
  /// Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 2000;
  /// its note at the end of section 3 for shapes below 1.
  mutating func logGamma(shape: Double) -> Double {
    guard shape >= 1 else {
      let power = log(1 - uniform()) / shape
      return logGamma(shape: shape + 1) + power
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let logV = 3 * log(root)
      if log(1 - uniform()) < 0.5 * x * x + d - d * root * root * root + d * logV {
        return log(d) + logV
      }
    }
  }
}

/// Philox 4×32-10: a function from a key and a counter to 128 random bits.
///
/// Stateless, so that draws can be computed in any order. It passes all tests of TestU01.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011,
/// section 3.3.
@usableFromInline package enum Philox {
  /// The 128 random bits of a key and a counter.
  ///
  /// Ten rounds of: (c₀, c₁, c₂, c₃) ← (hi(c₂·M₁) ⊕ c₁ ⊕ k₀, lo(c₂·M₁), hi(c₀·M₀) ⊕ c₃ ⊕ k₁,
  /// lo(c₀·M₀)), where the fractional parts of the golden ratio and of √3, times 2³², are added to
  /// the words of the key after each round.
  ///
  /// For one key, different counters give different blocks.
  @inlinable
  package static func block(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (k0, k1) = (key.x, key.y)
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    // Scalars, since the words of a round depend on each other across lanes.
    for _ in 0..<10 {
      let left = UInt64(c0) &* 0xD251_1F53
      let right = UInt64(c2) &* 0xCD9E_8D57
      (c0, c1) = (
        UInt32(truncatingIfNeeded: right >> 32) ^ c1 ^ k0, .init(truncatingIfNeeded: right)
      )
      (c2, c3) = (UInt32(truncatingIfNeeded: left >> 32) ^ c3 ^ k1, .init(truncatingIfNeeded: left))
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }
}
