import Foundation
import PinionTensor
import Testing

/// Fills `count` numbers by a closure and gives them as an array.
private func filled(_ count: Int, _ fill: (MemoryView<Float>) -> Void) -> [Float] {
  let buffer = AlignedBuffer(count: count)
  return withExtendedLifetime(buffer) {
    fill(buffer.view)
    return buffer.view.array
  }
}

private func moments(_ numbers: [Float]) -> (mean: Double, deviation: Double) {
  let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
  let squares = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  return (mean, (squares / Double(numbers.count)).squareRoot())
}

/// Pearson's statistic: Σ (observed − expected)² / expected.
private func chiSquare(_ observed: [Int], expected: [Double]) -> Double {
  zip(observed, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1 }
}

@Suite struct RandomStreamTests {
  @Test func bitsArePhiloxOfSeedStreamAndIndex() {
    let stream = RandomStream(seed: 0x299F_31D0_A409_3822, stream: 0x0370_7344_1319_8A2E)
    #expect(
      stream.bits(at: 0x85A3_08D3_243F_6A88)
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test func purposesAreHashedByFNV1a() {
    #expect(RandomStream(seed: 7, purpose: "").stream == 0xCBF2_9CE4_8422_2325)
    #expect(RandomStream(seed: 7, purpose: "a").stream == 0xAF63_DC4C_8601_EC8C)
    #expect(RandomStream(seed: 7, purpose: "foobar").stream == 0x8594_4171_F739_67E8)
    let occasion = RandomStream(seed: 7, purpose: "foobar", 3, -1)
    #expect(occasion == RandomStream(seed: 7, purpose: "foobar").substream(3).substream(-1))
    #expect(occasion.seed == 7)
  }

  @Test func substreamsOfStreamZeroAreSplitMix64() {
    let parent = RandomStream(seed: 1, stream: 0)
    #expect(parent.substream(0).stream == 0xE220_A839_7B1D_CDAF)
    #expect(parent.substream(1).stream == 0x6E78_9E6A_A1B9_65F4)
    #expect(parent.substream(2).stream == 0x06C4_5D18_8009_454F)
  }

  @Test func streamsOfManyPurposesDiffer() {
    var streams: Set<UInt64> = []
    for purpose in ["shuffle", "dropout", "augmentation"] {
      for epoch in 0..<100 {
        for layer in 0..<10 {
          streams.insert(RandomStream(seed: 1, purpose: purpose, epoch, layer).stream)
        }
      }
    }
    #expect(streams.count == 3_000)
  }

  @Test func uniformKeepsTheUpper24Bits() {
    let stream = RandomStream(seed: 11, purpose: "test")
    for index in UInt64(0)..<100 {
      let bits = stream.bits(at: index)
      let expected = (0..<4).map { Float(bits[$0] >> 8) / 16_777_216 }
      #expect(stream.uniform(at: index) == SIMD4(expected))
    }
  }

  @Test func uniformNumbersAreSpreadEvenly() {
    let stream = RandomStream(seed: 2, purpose: "uniform")
    let numbers = filled(1_000_000) { stream.fillUniform($0) }
    let (mean, deviation) = moments(numbers)
    // Four standard errors: √(1/12n) of the mean, √(1/180n)/2σ of the deviation.
    #expect(abs(mean - 0.5) < 4 * 0.2887e-3)
    #expect(abs(deviation - (1 / 12.0).squareRoot()) < 4 * 0.1291e-3)
    var bins = [Int](repeating: 0, count: 100)
    for number in numbers { bins[Int(number * 100)] += 1 }
    // 99 degrees of freedom: beyond 149 lies one in a thousand.
    #expect(chiSquare(bins, expected: [Double](repeating: 10_000, count: 100)) < 149)
  }

  @Test func uniformStaysInsideItsRange() {
    let stream = RandomStream(seed: 2, purpose: "range")
    let narrow = Float(1)..<Float(1).nextUp.nextUp
    let numbers = filled(1_001) { stream.fillUniform($0, in: narrow) }
    #expect(Set(numbers) == [1, Float(1).nextUp])
    let wide = filled(1_001) { stream.fillUniform($0, in: -3..<5) }
    let unit = filled(1_001) { stream.fillUniform($0) }
    #expect(wide == unit.map { Float(-3 + 8 * Double($0)) })
  }

  @Test func normalNumbersFollowTheirDistribution() {
    let stream = RandomStream(seed: 3, purpose: "normal")
    let numbers = filled(100_000) { stream.fillNormal($0, mean: 2, standardDeviation: 3) }
    let (mean, deviation) = moments(numbers)
    #expect(abs(mean - 2) < 4 * 3 / 316.0)
    #expect(abs(deviation - 3) < 4 * 3 / 447.0)
    let edges = stride(from: -2.5, through: 2.5, by: 0.25).map { $0 }
    var bins = [Int](repeating: 0, count: edges.count + 1)
    for number in numbers {
      let z = (Double(number) - 2) / 3
      bins[edges.firstIndex { z < $0 } ?? edges.count] += 1
    }
    let below = [0] + edges.map { 0.5 * erfc(-$0 / 2.0.squareRoot()) } + [1]
    let expected = zip(below, below.dropFirst()).map { 100_000 * ($1 - $0) }
    // 21 degrees of freedom: beyond 46.8 lies one in a thousand.
    #expect(chiSquare(bins, expected: expected) < 46.8)
  }

  @Test func normalNumbersAreBoxAndMullers() {
    let stream = RandomStream(seed: 4, purpose: "normal")
    let numbers = filled(400) { stream.fillNormal($0, mean: -1, standardDeviation: 0.5) }
    var expected: [Float] = []
    for block in UInt64(0)..<100 {
      let bits = stream.bits(at: block)
      for half in [0, 2] {
        let u1 = (Double(bits[half]) + 1) / 4_294_967_296
        let u2 = Double(bits[half + 1]) / 4_294_967_296
        let radius = (-2 * log(u1)).squareRoot()
        expected.append(Float(-1 + 0.5 * radius * cos(2 * .pi * u2)))
        expected.append(Float(-1 + 0.5 * radius * sin(2 * .pi * u2)))
      }
    }
    #expect(zip(numbers, expected).allSatisfy { abs($0 - $1) <= 1e-6 })
  }

  @Test func truncatedNormalNumbersAreCutAndRedrawn() {
    let stream = RandomStream(seed: 5, purpose: "truncated")
    let numbers = filled(100_000) { stream.fillTruncatedNormal($0, standardDeviation: 0.5) }
    #expect(numbers.allSatisfy { abs($0) <= 1 })
    let (mean, deviation) = moments(numbers)
    #expect(abs(mean) < 4 * 0.44 / 316)
    #expect(abs(deviation - 0.5 * 0.879_625_66) < 2e-3)
    var draws = [filled(100_000) { stream.fillNormal($0, standardDeviation: 0.5) }]
    for redraw in 0..<8 {
      let next = stream.substream(redraw)
      draws.append(filled(100_000) { next.fillNormal($0, standardDeviation: 0.5) })
    }
    let expected = numbers.indices.map { index in draws.first { abs($0[index]) <= 1 }?[index] }
    #expect(numbers == expected)
  }

  @Test(arguments: [0, 4, 64, 100]) func piecesEqualTheWhole(cut: Int) {
    let stream = RandomStream(seed: 6, purpose: "pieces")
    let offset = UInt64(cut / 4)
    let whole = [
      filled(103) { stream.fillUniform($0, in: -1..<1) },
      filled(103) { stream.fillNormal($0) },
      filled(103) { stream.fillTruncatedNormal($0) },
    ]
    let pieces = [
      filled(103) {
        stream.fillUniform($0[cut..<103], in: -1..<1, from: offset)
        stream.fillUniform($0[0..<cut], in: -1..<1)
      },
      filled(103) {
        stream.fillNormal($0[cut..<103], from: offset)
        stream.fillNormal($0[0..<cut])
      },
      filled(103) {
        stream.fillTruncatedNormal($0[cut..<103], from: offset)
        stream.fillTruncatedNormal($0[0..<cut])
      },
    ]
    #expect(whole == pieces)
  }

  @Test(arguments: [0, 1, 2, 10, 1_000, 60_000]) func permutationHoldsEveryNumberOnce(count: Int) {
    let order = RandomStream(seed: 8, purpose: "shuffle", 0).permutation(of: count)
    #expect(order.sorted() == Array(0..<count))
    #expect(order == RandomStream(seed: 8, purpose: "shuffle", 0).permutation(of: count))
    if count >= 10 {
      #expect(order != RandomStream(seed: 8, purpose: "shuffle", 1).permutation(of: count))
      #expect(order != Array(0..<count))
    }
  }

  @Test func permutationsAreEquallyLikely() {
    var counts: [[Int]: Int] = [:]
    for round in 0..<24_000 {
      counts[RandomStream(seed: 9, purpose: "fair", round).permutation(of: 4), default: 0] += 1
    }
    #expect(counts.count == 24)
    // 23 degrees of freedom: beyond 49.7 lies one in a thousand.
    #expect(chiSquare(Array(counts.values), expected: [Double](repeating: 1_000, count: 24)) < 49.7)
  }

  @Test func boundedNumbersAreEquallyLikely() {
    var generator = RandomStream(seed: 10, purpose: "bounded").generator
    // Three eighths of 2⁶⁴: without refusals, 0, 1 and 2 would come up as 3 : 3 : 2, modulo 3.
    var residues = [Int](repeating: 0, count: 3)
    for _ in 0..<30_000 { residues[generator.next(below: 3 << 61) % 3] += 1 }
    #expect(chiSquare(residues, expected: [Double](repeating: 10_000, count: 3)) < 13.8)
    var faces = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { faces[generator.next(below: 6)] += 1 }
    #expect(chiSquare(faces, expected: [Double](repeating: 10_000, count: 6)) < 20.5)
  }

  @Test func generatorGivesTheStreamsWordsInOrder() {
    let stream = RandomStream(seed: 12, stream: 13)
    var generator = stream.generator
    for index in UInt64(0)..<5 {
      let bits = stream.bits(at: index)
      #expect(generator.next() == UInt64(bits.x) | UInt64(bits.y) << 32)
      #expect(generator.next() == UInt64(bits.z) | UInt64(bits.w) << 32)
    }
  }

  @Test func streamsAreSavedInFull() throws {
    let stream = RandomStream(seed: .max, stream: .max - 1)
    let data = try JSONEncoder().encode(stream)
    #expect(try JSONDecoder().decode(RandomStream.self, from: data) == stream)
  }
}
