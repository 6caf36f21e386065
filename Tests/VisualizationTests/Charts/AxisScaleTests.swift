import Testing

@testable import PinionVisualization

@Suite struct AxisScaleTests {
  @Test func stepsAreOneTwoOrFive() {
    #expect(Ticks(in: 0...1, limit: 5).values == [0, 0.2, 0.4, 0.6, 0.8, 1])
    #expect(Ticks(in: 0.31...0.87, limit: 6).values == [0.4, 0.5, 0.6, 0.7, 0.8])
    #expect(Ticks(in: -3...12, limit: 4).values == [0, 5, 10])
    #expect(Ticks(in: 0...300, limit: 10).values == [0, 50, 100, 150, 200, 250, 300])
  }

  @Test func labelPrecisionMatchesStep() {
    func labels(_ domain: ClosedRange<Double>, _ limit: Int) -> [String] {
      let ticks = Ticks(in: domain, limit: limit)
      return ticks.values.map(ticks.label)
    }
    #expect(labels(0...1, 5) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(-1...1, 2) == ["−1", "0", "1"])
    #expect(labels(0.9996...1, 4) == ["0.9996", "0.9997", "0.9998", "0.9999", "1.0000"])
  }

  @Test func powersOfTenMoveToTheTitle() {
    let tiny = Ticks(in: 0...4e-7, limit: 4)
    #expect(tiny.unit == " (×10⁻⁷)")
    #expect(tiny.values.map(tiny.label) == ["0", "1", "2", "3", "4"])
    let huge = Ticks(in: 0...2.5e12, limit: 5)
    #expect(huge.unit == " (×10¹²)")
    #expect(huge.values.map(huge.label) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"])
    #expect(Ticks(in: 0...2_000, limit: 5).unit.isEmpty)
  }

  @Test(arguments: [1.0, 2, 7, 100, 300, 12_345])
  func epochTicksAreIntegers(last: Double) {
    for limit in 1...12 {
      let ticks = Ticks(in: 1...max(last, 1.5), limit: limit, areWhole: true)
      #expect(ticks.values.allSatisfy { $0 == $0.rounded() })
      #expect(ticks.values.count <= limit + 1)
    }
  }

  @Test func domainsAcceptExtremeValues() {
    let values: [[Double]] = [
      [], [.nan], [.infinity, -.infinity], [0], [1], [-2, -2], [1e300, -1e300],
      [.leastNonzeroMagnitude, 0],
      [1e6, 1e6 + 1e-9], [5e-300], [1, 1 + 1e-15], [-1e-5, 1e9],
    ]
    for numbers in values {
      let domain = AxisScale.domain(showing: numbers)
      #expect(domain.lowerBound < domain.upperBound, "\(numbers)")
      #expect((domain.upperBound - domain.lowerBound).isFinite)
      for limit in [1, 4, 9] {
        let ticks = Ticks(in: domain, limit: limit)
        #expect(ticks.values.count <= limit + 1, "\(numbers)")
        #expect(ticks.values.allSatisfy { ticks.label($0).count < 40 })
      }
    }
    #expect(AxisScale.domain(showing: [0.2, 1], within: 0...1).upperBound == 1)
    #expect(AxisScale.domain(showing: [0.2, 1.5], within: 0...1).upperBound == 1.5)
  }
}
