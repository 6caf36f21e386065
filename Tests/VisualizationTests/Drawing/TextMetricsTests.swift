import Testing

@testable import PinionVisualization

@Suite struct TextMetricsTests {
  @Test func widthsGrowWithTextAndSize() {
    #expect(TextMetrics.width("", size: 10) == 0)
    #expect(TextMetrics.width("W", size: 10) > TextMetrics.width("i", size: 10))
    #expect(
      TextMetrics.width("ab", size: 20) == 2 * TextMetrics.width("ab", size: 10))
    #expect(TextMetrics.width("ab", size: 10, isBold: true) > TextMetrics.width("ab", size: 10))
    // At least one em per character.
    #expect(TextMetrics.width("漢字", size: 10) >= 20)
  }

  @Test func longTextIsTruncated() {
    let name = "an excessively long class name that must be truncated"
    for limit in stride(from: 20.0, through: 400, by: 7) {
      let fitted = TextMetrics.truncated(name, to: limit, size: 12)
      #expect(TextMetrics.width(fitted, size: 12) <= limit)
      #expect(fitted == name || fitted.hasSuffix("…"))
    }
    #expect(TextMetrics.truncated("short", to: 400, size: 12) == "short")
  }
}
