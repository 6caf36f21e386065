import PinionMetrics
import Testing

@Suite struct RunningMeanTests {
  @Test func batchesWeighTheirSamples() {
    var mean = RunningMean()
    #expect(mean.value == 0)
    mean.add(Float(2), samples: 32)
    mean.add(Float(5), samples: 8)
    #expect(mean.value == 2.6)
    #expect(mean.weight == 40)
    mean.add(1)
    #expect(mean.value == 105.0 / 41)
    mean.reset()
    #expect(mean == RunningMean())
  }

  @Test func manySmallNumbersAreNotLost() {
    var mean = RunningMean()
    for _ in 0..<1_000_000 { mean.add(Float(0.1), samples: 1) }
    #expect(abs(mean.value - Double(Float(0.1))) < 1e-10)
  }

  @Test func nanShowsUnlessItWeighsNothing() {
    var mean = RunningMean()
    mean.add(.nan, weight: 0)
    #expect(mean.value == 0)
    mean.add(1, weight: 1)
    #expect(mean.value == 1)
    mean.add(.nan, weight: 1)
    mean.add(1, weight: 1)
    #expect(mean.value.isNaN)
  }
}
