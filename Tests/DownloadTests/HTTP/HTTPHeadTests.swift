import Testing

@testable import PinionDownload

@Suite struct HTTPHeadTests {
  func head(_ lines: [String]) -> HTTPHead? {
    var parser = HTTPHeadParser()
    for line in lines {
      let isTaken = parser.take(Array("\(line)\r\n".utf8))
      #expect(isTaken)
    }
    return parser.head
  }

  @Test func headEndsWithEmptyLine() {
    #expect(head(["HTTP/1.1 200 OK", "A: 1"]) == nil)
    #expect(
      head(["HTTP/1.1 200 All is well", "Content-Length:  12\t", "", "Trailer: 1"])
        == HTTPHead(status: 200, reason: "All is well", headers: ["content-length": "12"]))
    #expect(head(["HTTP/2 404", ""]) == HTTPHead(status: 404, reason: "", headers: [:]))
  }

  @Test func interimHeadsAreIgnored() {
    #expect(
      head(["HTTP/1.1 100 Continue", "A: 1", "", "HTTP/1.1 103 Hints", "A: 2", ""]) == nil)
    #expect(
      head(["HTTP/1.1 103 Hints", "A: 1", "", "HTTP/1.1 206 Part", "B: 2", ""])
        == HTTPHead(status: 206, reason: "Part", headers: ["b": "2"]))
    #expect(head(["HTTP/1.1 101 Other", ""])?.status == 101)
  }

  @Test func unusualLinesAreParsed() {
    let unusual = head([
      "HTTP/1.1 200 ", "A: 1", "a: 2", " still the second", "B: x", "\ty", "no header", ": none",
      "C:\u{301}:", "",
    ])
    #expect(unusual?["a"] == "1")
    #expect(unusual?["b"] == "x y")
    #expect(unusual?["c"] == "\u{301}:")
    var parser = HTTPHeadParser()
    for line in [Array("HTTP/1.1 200 \n".utf8), [65, 58, 0xff, 10], [10]] {
      let isTaken = parser.take(line)
      #expect(isTaken)
    }
    #expect(parser.head?["a"] == "\u{fffd}")
  }

  @Test func invalidStatusLinesAreIgnored() {
    for line in ["HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 two", "HTTP/1.1 2000", "ICY 200 OK"] {
      #expect(head([line, ""]) == nil)
    }
  }

  @Test func sizesAreLimited() {
    var parser = HTTPHeadParser()
    var count = 0
    while parser.take(Array("A: 1\r\n".utf8)) { count += 1 }
    #expect(count == HTTPHeadParser.lineLimit)
    parser = HTTPHeadParser()
    let taken = [HTTPHeadParser.byteLimit, 1].map {
      parser.take([UInt8](repeating: 65, count: $0))
    }
    #expect(taken == [true, false])
  }

  @Test(arguments: [
    ("bytes 100-199/200", 100, 200), ("bytes 0-0/1", 0, 1),
  ]) func rangesAreRead(value: String, start: Int, total: Int) {
    let range = HTTPHead(status: 206, reason: "", headers: ["content-range": value]).contentRange
    #expect(range?.start == start)
    #expect(range?.total == total)
  }

  @Test(arguments: [
    "bytes 100-198/200", "bytes */200", "bytes 100-199/*", "items 0-0/1", "bytes 5-4/5", "",
    "bytes 0-9223372036854775807/9223372036854775808", "bytes 0--1/0", "bytes 1-2-3/4",
  ]) func otherRangesAreRefused(value: String) {
    #expect(
      HTTPHead(status: 206, reason: "", headers: ["content-range": value]).contentRange == nil)
  }
}
