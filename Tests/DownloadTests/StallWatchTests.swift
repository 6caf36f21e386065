import Testing

@testable import PinionDownload

/// How a download that brings too little is noticed, without any clock.
@Suite struct StallWatchTests {
  @Test func eachStretchNeedsItsBytes() throws {
    var watch = StallWatch(seconds: 2, minimumBytes: 100)
    for _ in 0..<3 {
      watch.received(60)
      try watch.passed(.seconds(1))
      watch.received(40)
      #expect(watch.rest == .seconds(1))
      try watch.passed(.milliseconds(1500))
      #expect(watch.rest == .seconds(2))
    }
    // What an earlier stretch brought too much is none of the next one's.
    watch.received(1_000)
    try watch.passed(.seconds(2))
    watch.received(99)
    try watch.passed(.milliseconds(1999))
    let error = #expect(throws: Stalled.self) { try watch.passed(.milliseconds(1)) }
    #expect(error?.received == 99)
  }

  @Test func silenceIsTooLittle() {
    var watch = StallWatch(seconds: 0.5, minimumBytes: 1)
    #expect(throws: Stalled.self) { try watch.passed(.seconds(1)) }
  }
}
