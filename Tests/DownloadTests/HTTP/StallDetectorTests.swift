import Testing

@testable import PinionDownload

/// How a download that brings too little is noticed, without any clock.
@Suite struct StallDetectorTests {
  @Test func eachStretchNeedsItsBytes() throws {
    var detector = StallDetector(seconds: 2, minimumBytes: 100)
    for _ in 0..<3 {
      detector.received(60)
      try detector.passed(.seconds(1))
      detector.received(40)
      #expect(detector.rest == .seconds(1))
      try detector.passed(.milliseconds(1500))
      #expect(detector.rest == .seconds(2))
    }
    // What an earlier stretch brought too much is none of the next one's.
    detector.received(1_000)
    try detector.passed(.seconds(2))
    detector.received(99)
    try detector.passed(.milliseconds(1999))
    let error = #expect(throws: StallError.self) { try detector.passed(.milliseconds(1)) }
    #expect(error?.received == 99)
  }

  @Test func silenceIsTooLittle() {
    var detector = StallDetector(seconds: 0.5, minimumBytes: 1)
    #expect(throws: StallError.self) { try detector.passed(.seconds(1)) }
  }
}
