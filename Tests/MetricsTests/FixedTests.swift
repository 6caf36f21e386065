import Foundation
import Testing

@testable import PinionMetrics

@Suite struct FixedTests {
  // Foundation's goes through C, which rounds the exact binary value.
  @Test func asPrintf() {
    for whole in 1...400 {
      for part in 0...whole {
        let value = Double(part) / Double(whole)
        for digits in [0, 2, 4, 15] {
          let expected = String(format: "%.\(digits)f", value)
          guard value.fixed(digits: digits) != expected else { continue }
          Issue.record("\(part)/\(whole): \(value.fixed(digits: digits)) is not \(expected)")
        }
      }
    }
  }

  @Test func halvesAndNeighbors() {
    for thousandth in 0...1_000 {
      let center = Double(thousandth) / 1_000
      for value in [center, center.nextUp, center.nextDown] where value >= 0 && value <= 1 {
        #expect(value.fixed(digits: 2) == String(format: "%.2f", value))
      }
    }
    #expect(0.125.fixed(digits: 2) == "0.12")
    #expect(0.375.fixed(digits: 2) == "0.38")
    #expect(1.0.fixed(digits: 4) == "1.0000")
  }
}
