import PinionTensor

/// Reproducible random choices.
struct Choices {
  private let stream: RandomStream
  private var drawn: UInt64 = 0

  init(seed: Int, purpose: String) {
    stream = RandomStream(seed: UInt64(seed), purpose: "random networks/" + purpose)
  }

  /// A number in 0..<count.
  mutating func below(_ count: Int) -> Int {
    drawn += 1
    return Int(stream.bits(at: drawn).x) % count
  }

  mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  mutating func number(in range: ClosedRange<Double>) -> Double {
    drawn += 1
    return range.lowerBound
      + (range.upperBound - range.lowerBound) * Double(stream.uniform(at: drawn).x)
  }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  /// True with probability 1/count.
  mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
}
