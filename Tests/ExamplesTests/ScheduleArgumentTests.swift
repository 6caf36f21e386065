import CommandArguments
import Foundation
import Pinion
import Testing

@Suite struct ScheduleArgumentTests {
  /// The rate after some steps, with four epochs of ten steps and an initial rate of 0.1.
  private func rate(_ argument: String, after steps: Int) throws -> Double {
    let schedule = try #require(ScheduleArgument(argument: argument), "\(argument)")
    #expect("\(schedule)" == argument)
    return schedule.learningRate(from: 0.1, epochs: 4, batchesPerEpoch: 10).rate(at: steps)
  }

  @Test func countsInEpochs() throws {
    let cases: [(argument: String, steps: Int, rate: Double)] = [
      ("constant", 35, 0.1),
      ("cosine", 0, 0.1), ("cosine", 10, 0.05 * (1 + cos(.pi / 4))), ("cosine", 40, 0),
      ("linear", 0, 0.1), ("linear", 10, 0.075), ("linear", 40, 0),
      ("restarts=1", 0, 0.1), ("restarts=1", 5, 0.05), ("restarts=1", 10, 0.1),
      ("restarts=1", 20, 0.05),
      ("exponential=0.81", 0, 0.1), ("exponential=0.81", 5, 0.09), ("exponential=0.81", 10, 0.081),
      ("step=2:0.5", 19, 0.1), ("step=2:0.5", 20, 0.05), ("step=2:0.5", 40, 0.025),
      ("inverse=3", 0, 0.1), ("inverse=3", 10, 0.025),
    ]
    for (argument, steps, expected) in cases {
      let found = try rate(argument, after: steps)
      #expect(abs(found - expected) < 1e-12, "\(argument) after \(steps) steps: \(found)")
    }
  }

  @Test(arguments: [
    "", "fast", "cosine=2", "restarts", "restarts=0", "restarts=1.5", "exponential=-1",
    "exponential=nan", "exponential=", "step=3", "step=2:0", "step=2:0.5:1", "inverse=0",
  ])
  func refusesUnknownSchedules(argument: String) {
    #expect(ScheduleArgument(argument: argument) == nil)
  }

  @Test func longestTrainingHasASchedule() throws {
    let schedule = try #require(ScheduleArgument(argument: "cosine"))
    let rate = schedule.learningRate(from: 0.1, epochs: .max, batchesPerEpoch: 600)
    try rate.validate()
  }
}
