/// Philox 4×32-10: a function from a key and a counter to 128 random bits.
///
/// It has no state, so that any draw can be computed by anybody, in any order. It passes all of
/// TestU01's tests.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011,
/// section 3.3.
public enum Philox {
  /// The 128 random bits that belong to a key and a counter.
  ///
  /// Ten rounds of: (c₀, c₁, c₂, c₃) ← (hi(c₂·M₁) ⊕ c₁ ⊕ k₀, lo(c₂·M₁), hi(c₀·M₀) ⊕ c₃ ⊕ k₁,
  /// lo(c₀·M₀)), where the key grows by the golden ratio's and √3's fractions after each round.
  ///
  /// For one key, different counters give different blocks.
  @inlinable
  public static func block(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (k0, k1) = (key.x, key.y)
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    // Four scalars and no loop over a vector: the words of a round depend on each other across
    // lanes.
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
