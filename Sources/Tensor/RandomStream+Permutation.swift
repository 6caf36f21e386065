extension RandomStream {
  /// The numbers `0..<count` in a uniformly random order.
  ///
  /// - Precondition: `count` is not negative.
  public func permutation(of count: Int) -> [Int] {
    require(count >= 0, "a permutation of \(count) numbers")
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// Shuffles an array by Fisher and Yates's algorithm: each element from the last to the second is
  /// exchanged with one at or before it.
  public func shuffle<Element>(_ array: inout [Element]) {
    var generator = generator
    for last in stride(from: array.count - 1, to: 0, by: -1) {
      array.swapAt(last, generator.next(below: last + 1))
    }
  }

  /// The stream's numbers in sequence, from the start.
  public var generator: Generator { Generator(stream: self) }

  /// Draws the numbers of a stream in sequence.
  ///
  /// The results of the standard library's algorithms with it may change between releases of Swift,
  /// unlike ``next(below:)``.
  public struct Generator: RandomNumberGenerator, Sendable {
    private let stream: RandomStream
    private var index: UInt64 = 0
    private var kept: UInt64?

    init(stream: RandomStream) { self.stream = stream }

    /// The next 64 random bits: each block gives its lower half, then its upper.
    public mutating func next() -> UInt64 {
      if let kept {
        self.kept = nil
        return kept
      }
      let bits = stream.bits(at: index)
      index &+= 1
      kept = UInt64(bits.w) << 32 | UInt64(bits.z)
      return UInt64(bits.y) << 32 | UInt64(bits.x)
    }

    /// A uniformly distributed number in `0..<bound`. Traps unless `bound` is positive.
    ///
    /// Source: Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 2019, algorithm
    /// 5.
    public mutating func next(below bound: Int) -> Int {
      require(bound > 0, "a random number below \(bound)")
      let size = UInt64(bound)
      var product = next().multipliedFullWidth(by: size)
      if product.low < size {
        // Rejects 2⁶⁴ mod bound low words, so that each number has the same probability.
        let rejected = (0 &- size) % size
        while product.low < rejected { product = next().multipliedFullWidth(by: size) }
      }
      return Int(product.high)
    }
  }
}
