import Testing

@testable import PinionTraining

@Suite struct DurationTextTests {
  @Test func durationsAsKerasWritesThem() {
    #expect(DurationText.elapsed(41.4) == "41s")
    #expect(DurationText.elapsed(3725) == "3725s")
    #expect(DurationText.remaining(0) == "0s")
    #expect(DurationText.remaining(59.9) == "59s")
    #expect(DurationText.remaining(60) == "60s")
    #expect(DurationText.remaining(61) == "1:01")
    #expect(DurationText.remaining(3600) == "60:00")
    #expect(DurationText.remaining(3601) == "1:00:01")
    #expect(DurationText.remaining(36_000 + 23 * 60 + 45) == "10:23:45")
    #expect(DurationText.perStep(0) == "0s/step")
    #expect(DurationText.perStep(1.5) == "2s/step")
    #expect(DurationText.perStep(0.0764) == "76ms/step")
    #expect(DurationText.perStep(0.001) == "1ms/step")
    #expect(DurationText.perStep(0.00034) == "340us/step")
  }

  @Test(arguments: [
    (0.0, "0.0 s"), (8.44, "8.4 s"), (9.96, "10 s"), (41.5, "42 s"), (59.6, "1 min 0 s"),
    (725, "12 min 5 s"), (3_599.4, "59 min 59 s"), (3_599.6, "1 h 0 min"), (12_010, "3 h 20 min"),
    (1e6, "277 h 47 min"),
  ])
  func roundedToTwoUnits(seconds: Double, text: String) {
    #expect(DurationText.rounded(seconds) == text)
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan, 1e300, -1e300])
  func timesThatAreNoneAreNoEnd(seconds: Double) {
    #expect(!DurationText.remaining(seconds).isEmpty)
    #expect(!DurationText.rounded(seconds).isEmpty)
    let line = ProgressLine(counter: "1/2", fraction: seconds, time: "1s", step: "1s/step")
    #expect(line.text(columns: 80).contains("1/2"))
  }
}
