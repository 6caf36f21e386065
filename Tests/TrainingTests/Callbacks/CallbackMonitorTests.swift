import Pinion
import Testing

@testable import PinionTraining

@Suite struct CallbackMonitorTests {
  @Test func lessThanMinDeltaIsNoImprovement() {
    #expect(MetricDirection.minimize.isImprovement(0.79, over: 0.9, minDelta: 0.1))
    #expect(!MetricDirection.minimize.isImprovement(0.81, over: 0.9, minDelta: 0.1))
    #expect(MetricDirection.maximize.isImprovement(0.71, over: 0.6, minDelta: 0.1))
    #expect(!MetricDirection.maximize.isImprovement(0.69, over: 0.6, minDelta: 0.1))
    #expect(!MetricDirection.minimize.isImprovement(0.81, over: 0.9, minDelta: -0.1))
  }

  @Test func differencesBelowAFloatsPrecisionAreNone() {
    // In doubles 0.6 + 0.1 = 0.7 < 0.7000000000000001.
    #expect(!MetricDirection.minimize.isImprovement(0.6, over: 0.7000000000000001, minDelta: 0.1))
    #expect(!MetricDirection.maximize.isImprovement(0.9 + 1e-12, over: 0.9))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNotFiniteBeatsNothing(value: Double) {
    #expect(!MetricDirection.minimize.isImprovement(value, over: nil))
    #expect(!MetricDirection.minimize.isImprovement(value, over: 1))
    #expect(!MetricDirection.maximize.isImprovement(value, over: 1))
  }

  @Test func directionsGoByTheNameWithoutVal() throws {
    let directions = ["accuracy": MetricDirection.maximize]
    let direction = { (mode: MonitorMode, name: String) in
      try mode.direction(of: name, in: directions, callback: "C")
    }
    #expect(try direction(.auto, "val_accuracy") == .maximize)
    #expect(try direction(.auto, "accuracy") == .maximize)
    #expect(try direction(.auto, "val_loss") == .minimize)
    #expect(try direction(.minimize, "val_accuracy") == .minimize)
    #expect(try direction(.maximize, "anything") == .maximize)
    #expect(
      throws: CallbackError.unknownDirection(
        callback: "C", monitor: "val_recall", known: ["accuracy", "loss"])
    ) { try direction(.auto, "val_recall") }
  }

  @Test func errorsNameTheCallbackAndBothSides() {
    #expect(
      CallbackError.missingMetric(callback: "C", name: "m", available: ["a", "b"]).description
        == #"C: expected the metric "m", found a, b"#)
    #expect(
      CallbackError.missingMetric(callback: "C", name: "m", available: []).description
        == #"C: expected the metric "m", found none"#)
    #expect(
      CallbackError.unknownDirection(callback: "C", monitor: "m", known: ["a", "b"]).description
        == #"C: monitor "m": expected a metric whose direction is known (a, b), "#
        + "or mode: .minimize or .maximize, found mode: .auto")
    #expect(
      CallbackError.invalidArgument(callback: "C", argument: "x", expected: "y", found: "z")
        .description == "C: x: expected y, found z")
    #expect(
      CallbackError.invalidTemplate(template: "t", expected: "y", found: "z").description
        == #"the file name template "t": expected y, found z"#)
  }
}
