import PinionMetrics
import Testing

@Suite struct ArgmaxTests {
  @Test(
    arguments: [
      ([1, 3, 2], 1), ([3, 1, 3], 0), ([0, 0], 0), ([-2, -1], 1), ([], nil),
      ([.nan, 1, 2], 0), ([1, .nan, 0], 1), ([.nan, .nan], 0), ([2, 1, .nan, 3, .nan], 2),
      ([.nan, -.infinity], 0), ([-.infinity, -.infinity], 0), ([.infinity, .nan, .infinity], 1),
      ([-.infinity, -3], 1),
    ] as [([Float], Int?)])
  func theFirstLargestNumberOrTheFirstNaN(values: [Float], expected: Int?) {
    #expect(withView(values) { $0.argmax() } == expected)
  }
}
