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

  @Test func nanShowsOfAnyWeight() {
    for weight in [0.0, 1] {
      var mean = RunningMean()
      mean.add(.nan, weight: weight)
      #expect(mean.value.isNaN)
      mean.add(1, weight: 1)
      #expect(mean.value.isNaN)
    }
  }

  @Test func finiteNumbersOfWeightZeroChangeNothing() {
    var mean = RunningMean()
    for value in [5, -5, 0, .greatestFiniteMagnitude] as [Double] { mean.add(value, weight: 0) }
    #expect(mean == RunningMean() && mean.value == 0)
    mean.add(2, weight: 3)
    mean.add(-7, weight: 0)
    #expect(mean.value == 2 && mean.weight == 3)
  }
}
