import PinionTensor
import PinionTestSupport
import Testing

@Suite struct RandomDistributionsTests {
  struct Beta: Decodable {
    let alpha: Double
    let beta: Double
    let points: [Double]
    let cumulative: [Double]
  }

  struct BetaFixture: Decodable { let beta: [Beta] }

  @Test func betaNumbersHaveTheRightDistribution() throws {
    for sample in try Fixture.load("augmentation", as: BetaFixture.self).beta {
      var random = RandomStream(seed: 2, stream: 1).generator
      let values = (0..<20_000).map { _ in random.beta(sample.alpha, sample.beta) }
      for (point, expected) in zip(sample.points, sample.cumulative) {
        let share = Double(values.count { $0 <= point }) / 20_000
        let error = (expected * (1 - expected) / 20_000).squareRoot()
        #expect(
          abs(share - expected) <= 5 * error + 1e-9, "\(sample.alpha), \(sample.beta), \(point)")
      }
    }
  }

  @Test(arguments: [1e-9, 1e-3, 1e6, 1e300]) func betaNumbersOfExtremeParametersAreNumbers(
    _ parameter: Double
  ) {
    var random = RandomStream(seed: 2, stream: 2).generator
    let values = (0..<200).map { _ in random.beta(parameter, parameter) }
    #expect(values.allSatisfy { $0 >= 0 && $0 <= 1 })
    if parameter < 1 {
      #expect(values.contains { $0 < 0.01 } && values.contains { $0 > 0.99 })
    } else {
      #expect(values.allSatisfy { abs($0 - 0.5) < 0.01 })
    }
  }

  @Test func normalNumbersHaveTheRightMoments() {
    var random = RandomStream(seed: 2, stream: 3).generator
    let values = (0..<20_000).map { _ in random.normal() }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 20_000
    let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / 20_000
    #expect(abs(mean) < 5 / 20_000.0.squareRoot())
    #expect(abs(variance - 1) < 5 * (2 / 20_000.0).squareRoot())
    #expect(abs(fourth - 3) < 5 * (96 / 20_000.0).squareRoot())
  }

  @Test func uniformNumbersAreTheUpperBits() {
    var bits = RandomStream(seed: 2, stream: 4).generator
    var random = bits
    for _ in 0..<100 {
      let value = random.uniform()
      #expect(value >= 0 && value < 1)
      #expect(value == Double(bits.next() >> 11) / 9_007_199_254_740_992)
    }
  }
}
