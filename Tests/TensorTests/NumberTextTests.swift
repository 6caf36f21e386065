import Foundation
import Testing

@testable import PinionTensor

@Suite struct NumberTextTests {
  @Test func fixedDecimalsRoundAsTheSystemDoes() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let value = Double.random(in: -1e6...1e6, using: &generator)
      for decimals in [0, 2, 5] {
        #expect(
          NumberText.fixed(value, decimals: decimals)
            == String(format: "%.\(decimals)f", value))
      }
    }
  }

  @Test(arguments: [
    (0.5, 0, "0"), (1.5, 0, "2"), (2.5, 0, "2"), (0.125, 2, "0.12"), (0.375, 2, "0.38"),
    (1.005, 2, "1.00"), (-0.0, 1, "-0.0"), (1e22, 0, "10000000000000000000000"),
    (.infinity, 2, "inf"), (-.infinity, 2, "-inf"), (.nan, 2, "nan"), (-.nan, 2, "nan"),
  ])
  func tiesAndExtremes(value: Double, decimals: Int, text: String) {
    #expect(NumberText.fixed(value, decimals: decimals) == text)
  }

  @Test(arguments: [
    (0.001, "1.0000e-03"), (0.0010001, "0.0010"), (0.0, "0.0000e+00"), (12.34567, "12.3457"),
    (-0.5, "-0.5000"), (-1e-4, "-1.0000e-04"), (.nan, "nan"), (.infinity, "inf"),
  ])
  func metricsAsKerasShowsThem(value: Double, text: String) {
    #expect(NumberText.metric(value) == text)
  }

  /// Texts by Python 3's `str`.
  @Test(arguments: [
    (0.1, "0.1"), (1.0, "1.0"), (1e-4, "0.0001"), (1e-5, "1e-05"), (1e15, "1000000000000000.0"),
    (9007199254740991, "9007199254740991.0"), (9007199254740992, "9007199254740992.0"),
    (-9007199254740994, "-9007199254740994.0"), (9999999999999998, "9999999999999998.0"),
    (1e16, "1e+16"), (1.5e300, "1.5e+300"), (1.0 / 3, "0.3333333333333333"), (-0.0, "-0.0"),
    (.nan, "nan"), (-.infinity, "-inf"),
  ])
  func shortestTextsAsPythonsStr(value: Double, text: String) {
    #expect(NumberText.shortest(value) == text)
  }

  @Test func groupsOfThreeDigits() {
    #expect(NumberText.grouped(0) == "0" && NumberText.grouped(999) == "999")
    #expect(NumberText.grouped(1_000) == "1,000" && NumberText.grouped(12_345_678) == "12,345,678")
    #expect(NumberText.grouped(-123_456) == "-123,456" && NumberText.grouped(-999) == "-999")
    #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
  }
}
