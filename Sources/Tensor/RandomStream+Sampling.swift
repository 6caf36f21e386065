internal import Glibc

extension RandomStream {
  /// Fills memory with uniformly distributed numbers.
  ///
  /// Element 4·b + l is lower + u·(upper − lower), where u is number l of ``uniform(at:)`` at
  /// `offset` + b, computed in double precision, rounded and kept below the upper bound.
  ///
  /// - Parameters:
  ///   - range: Default: 0..<1. Traps if it is empty.
  ///   - offset: The index of the first block of four. Memory may be filled in pieces with their
  ///     own offsets; all pieces but the last hold multiples of four.
  public func fillUniform(
    _ view: MemoryView<Float>, in range: Range<Float> = 0..<1, from offset: UInt64 = 0
  ) {
    require(!range.isEmpty, "random numbers from the empty range \(range)")
    let lower = Double(range.lowerBound)
    let width = Double(range.upperBound) - lower
    let last = range.upperBound.nextDown
    fill(view, from: offset) { stream, index in
      let uniform = stream.uniform(at: index)
      var values = SIMD4<Float>()
      for lane in 0..<4 { values[lane] = min(Float(lower + Double(uniform[lane]) * width), last) }
      return values
    }
  }

  /// Fills memory with normally distributed numbers.
  ///
  /// A block gives four numbers, √(−2 ln u₁)·(cos 2πu₂, sin 2πu₂) from each half, with u₁ in (0, 1]
  /// and u₂ in [0, 1) of 32 bits each, scaled and shifted in double precision, then rounded.
  ///
  /// - Parameters:
  ///   - mean: Default: 0.
  ///   - standardDeviation: Default: 1. Traps if it is negative.
  ///   - offset: The index of the first block of four, as in ``fillUniform(_:in:from:)``.
  ///
  /// Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
  public func fillNormal(
    _ view: MemoryView<Float>, mean: Float = 0, standardDeviation: Float = 1,
    from offset: UInt64 = 0
  ) {
    require(standardDeviation >= 0, "a standard deviation of \(standardDeviation)")
    fill(view, from: offset) { stream, index in
      stream.normals(at: index).scaled(by: standardDeviation, around: mean)
    }
  }

  /// Fills memory with normally distributed numbers truncated at two standard deviations.
  ///
  /// A number outside is redrawn, at the same index of substreams 0, 1 and so on.
  ///
  /// - Parameters:
  ///   - mean: Default: 0.
  ///   - standardDeviation: Before truncation, which multiplies it by 0.8796. Default: 1. Traps if
  ///     it is negative.
  ///   - offset: The index of the first block of four, as in ``fillUniform(_:in:from:)``.
  ///
  /// As TensorFlow's `truncated_normal`.
  public func fillTruncatedNormal(
    _ view: MemoryView<Float>, mean: Float = 0, standardDeviation: Float = 1,
    from offset: UInt64 = 0
  ) {
    require(standardDeviation >= 0, "a standard deviation of \(standardDeviation)")
    fill(view, from: offset) { stream, index in
      var values = stream.normals(at: index)
      var redraw = 0
      while any(values .> 2 .| values .< -2) {
        let others = stream.substream(redraw).normals(at: index)
        values.replace(with: others, where: values .> 2 .| values .< -2)
        redraw += 1
      }
      return values.scaled(by: standardDeviation, around: mean)
    }
  }

  private func normals(at index: UInt64) -> SIMD4<Double> {
    let bits = bits(at: index)
    let (radius0, angle0) = Self.polar(bits.x, bits.y)
    let (radius1, angle1) = Self.polar(bits.z, bits.w)
    return SIMD4(
      radius0 * cos(angle0), radius0 * sin(angle0), radius1 * cos(angle1), radius1 * sin(angle1))
  }

  private static func polar(_ first: UInt32, _ second: UInt32) -> (radius: Double, angle: Double) {
    // The argument of the logarithm is positive; the largest radius is 6.66.
    let radius = (-2 * log((Double(first) + 1) * 0x1p-32)).squareRoot()
    return (radius, 2 * Double.pi * (Double(second) * 0x1p-32))
  }

  @inline(__always)
  private func fill(
    _ view: MemoryView<Float>, from offset: UInt64,
    _ block: (RandomStream, UInt64) -> SIMD4<Float>
  ) {
    let whole = view.count / 4
    for index in 0..<whole {
      let values = block(self, offset &+ UInt64(index))
      for lane in 0..<4 { view[4 * index + lane] = values[lane] }
    }
    guard whole * 4 < view.count else { return }
    let values = block(self, offset &+ UInt64(whole))
    for lane in 0..<view.count % 4 { view[4 * whole + lane] = values[lane] }
  }
}

extension RandomStream {
  /// The numbers `0..<count` in a uniformly random order.
  ///
  /// - Precondition: `count` is not negative, and the memory is available.
  public func permutation(of count: Int) -> [Int] {
    require(count >= 0, "a permutation of \(count) numbers")
    // Arrays end the process without a word.
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Int>.stride)
    require(
      !overflow && Resources.hasMemory(bytes), "no memory for a permutation of \(count) numbers")
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

extension SIMD4<Double> {
  fileprivate func scaled(by factor: Float, around center: Float) -> SIMD4<Float> {
    let values = self * Double(factor) + Double(center)
    return SIMD4<Float>(Float(values.x), Float(values.y), Float(values.z), Float(values.w))
  }
}
