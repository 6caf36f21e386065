import PinionTensor
import Testing

/// Elementary functions of floats over all of their range beside those of doubles, which are the C
/// library's.
@Suite struct ElementaryRangeTests {
  typealias Function = (
    name: String, single: @Sendable (Tensor) -> Tensor,
    double: @Sendable (DoubleTensor) -> DoubleTensor
  )

  static let functions: [Function] = [
    ("exp", { $0.exp() }, { $0.exp() }), ("expm1", { $0.expm1() }, { $0.expm1() }),
    ("log", { $0.log() }, { $0.log() }), ("log1p", { $0.log1p() }, { $0.log1p() }),
    ("log2", { $0.log2() }, { $0.log2() }), ("log10", { $0.log10() }, { $0.log10() }),
    ("arcsin", { $0.arcsin() }, { $0.arcsin() }), ("arccos", { $0.arccos() }, { $0.arccos() }),
    ("arctan", { $0.arctan() }, { $0.arctan() }), ("sinh", { $0.sinh() }, { $0.sinh() }),
    ("cosh", { $0.cosh() }, { $0.cosh() }), ("tanh", { $0.tanh() }, { $0.tanh() }),
  ]

  /// Zeros, denormal numbers, the largest numbers, edges of domains and of the range of results,
  /// infinities and NaN.
  static let edges: [Float] = {
    let positive: [Float] = [
      0, .leastNonzeroMagnitude, 0x1.8p-133, .leastNormalMagnitude, 0x1p-25, 0x1p-13, 0.25, 0.5,
      Float(0.5).nextUp, 0.99, Float(1).nextDown, 1, Float(1).nextUp, 1.5, 2, 3, 88.72283, 88.72284,
      89.41598, 89.41599, 103.97208, 103.98, 0x1p23 - 0.5, 0x1p23 - 1, 0x1p23, 0x1p23 + 1,
      0x1p24 - 1, 0x1p24, 0x1p24 + 2, 1e30, 0x1p127, .greatestFiniteMagnitude, .infinity,
    ]
    return positive + positive.map { -$0 } + [.nan]
  }()

  /// Every 65521st bit pattern: 65552 floats of both signs and all exponents.
  static let range = stride(from: UInt32(0), to: .max, by: 65521).map {
    let number = Float(bitPattern: $0)
    return number.isNaN ? .nan : number
  }

  /// Whether a float is within three units in the last place of a double; infinities, NaN and the
  /// sign of zeros are equal.
  static func isNear(_ found: Float, _ expected: Double) -> Bool {
    let rounded = Float(expected)
    if rounded.isNaN { return found.isNaN }
    if rounded == 0 && found == 0 { return found.sign == rounded.sign }
    // An infinity is near a result that rounds to the largest float.
    let limit = 0x1p128
    let bounded = max(-limit, min(limit, expected))
    let value = found.isInfinite ? (found < 0 ? -limit : limit) : Double(found)
    let unit = rounded.isInfinite ? Float.greatestFiniteMagnitude.ulp : rounded.ulp
    return abs(value - bounded) <= 3 * Double(unit)
  }

  @Test(arguments: 0..<functions.count) func functionsAreExactToThreeUnits(index: Int) {
    let function = Self.functions[index]
    let x = Tensor(Self.range + Self.edges)
    let found = function.single(x).elements
    let expected = function.double(DoubleTensor(x)).elements
    for (argument, (found, expected)) in zip(x.elements, zip(found, expected))
    where !Self.isNear(found, expected) {
      Issue.record("\(function.name)(\(argument)) is \(found) instead of \(expected)")
    }
  }

  /// Each element of the first list beside each of the second.
  private func pairs(_ first: [Float], _ second: [Float]) -> (Tensor, Tensor) {
    (
      Tensor(first.flatMap { Array(repeating: $0, count: second.count) }),
      Tensor(first.flatMap { _ in second })
    )
  }

  private func uniform(_ range: Range<Float>, _ purpose: String) -> Tensor {
    .uniform(in: range, shape: [20_000], from: RandomStream(seed: 5, purpose: purpose))
  }

  private func check(
    _ name: String, _ first: Tensor, _ second: Tensor, _ found: Tensor, _ expected: DoubleTensor
  ) {
    for (index, (found, expected)) in zip(found.elements, expected.elements).enumerated()
    where !Self.isNear(found, expected) {
      let arguments = "\(first.elements[index]), \(second.elements[index])"
      Issue.record("\(name)(\(arguments)) is \(found) instead of \(expected)")
    }
  }

  /// Of all special values, of random numbers, and of ones whose powers are finite.
  @Test func powersAreExactToThreeUnits() {
    let sparse = stride(from: 0, to: Self.range.count, by: 193).map { Self.range[$0] }
    let bases = uniform(0..<4, "bases"), exponents = uniform(-60..<60, "exponents")
    for (x, y) in [pairs(Self.edges, Self.edges), pairs(sparse, sparse), (bases, exponents)] {
      check("pow", x, y, x.pow(y), DoubleTensor(x).pow(DoubleTensor(y)))
    }
  }

  @Test func powersThatAreFloatsAreExact() {
    let (x, y) = pairs((-40...40).map { Float($0) / 4 }, [-2, -1, 0, 1, 2, 3, 4])
    let expected = DoubleTensor(x).pow(DoubleTensor(y)).elements
    for (found, expected) in zip(x.pow(y).elements, expected)
    where Double(Float(expected)) == expected { #expect(Double(found) == expected) }
    #expect(Tensor([-3, 0, 5]).pow(2).elements == [9, 0, 25])
    #expect(Tensor([0.25, 2, 9]).pow(0.5).elements == [0.5, Float(2).squareRoot(), 3])
  }

  @Test func anglesAreExactToThreeUnits() {
    let sparse = stride(from: 0, to: Self.range.count, by: 193).map { Self.range[$0] }
    let first = uniform(-1..<1, "ordinates"), second = uniform(-1..<1, "abscissas")
    for (y, x) in [pairs(Self.edges, Self.edges), pairs(sparse, sparse), (first, second)] {
      check(
        "atan2", y, x, .atan2(y, x), .atan2(DoubleTensor(y), DoubleTensor(x)))
    }
  }

  /// One number on either side, at any length.
  @Test(arguments: [1, 15, 16, 17, 100]) func pairsWithANumber(count: Int) {
    let stream = RandomStream(seed: 7, purpose: "numbers", count)
    let x = Tensor.uniform(in: 0.1..<3, shape: [count], from: stream)
    let number = Tensor(Float(1.5))
    let (wide, wideNumber) = (DoubleTensor(x), DoubleTensor(1.5))
    check("pow", x, x, x.pow(1.5), wide.pow(1.5))
    check("pow", x, x, number.pow(x), wideNumber.pow(wide))
    check("atan2", x, x, .atan2(x, number), .atan2(wide, wideNumber))
    check("atan2", x, x, .atan2(number, x), .atan2(wideNumber, wide))
  }
}
