internal import PinionTensor

extension BatchLoader {
  /// A random order of `count` samples, another one in each epoch.
  ///
  /// It is the permutation of the ``RandomStream`` of `seed` for the purpose "shuffle" and the epoch: a function of the three
  /// arguments alone. Traps if `count` is negative.
  public static func shuffledOrder(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    RandomStream(seed: seed, purpose: "shuffle", epoch).permutation(of: count)
  }
}
