import PinionMetrics
import Testing

@Suite struct ClassificationReportTests {
  func report(_ fixture: MetricsFixture.Case) throws -> ClassificationReport {
    var matrix = try ConfusionMatrix(classNames: fixture.classNames)
    for (actual, predicted) in zip(fixture.actual, fixture.predicted) {
      try matrix.add(true: actual, predicted: predicted)
    }
    return ClassificationReport(matrix)
  }

  func isClose(_ score: ClassScore, _ expected: [Double]) -> Bool {
    zip([score.precision, score.recall, score.f1], expected).allSatisfy { abs($0 - $1) < 1e-14 }
  }

  @Test func scoresAsScikitLearn() throws {
    for fixture in try MetricsFixture.load().cases {
      let report = try report(fixture)
      #expect(report.classes.count == fixture.classNames.count)
      for (index, score) in report.classes.enumerated() {
        #expect(isClose(score, fixture.perClass.map { $0[index] }), "\(fixture.name), \(index)")
        #expect(score.support == Int(fixture.perClass[3][index]))
      }
      #expect(isClose(report.macroAverage, fixture.macro), "\(fixture.name)")
      #expect(isClose(report.weightedAverage, fixture.weighted), "\(fixture.name)")
      #expect(report.macroAverage.support == fixture.actual.count)
      #expect(report.accuracy == fixture.accuracy)
    }
  }

  @Test func tablesAsScikitLearn() throws {
    for fixture in try MetricsFixture.load().cases {
      let report = try report(fixture)
      for (digits, expected) in fixture.reports ?? [:] {
        let digits = try #require(Int(digits))
        #expect(report.formatted(digits: digits) == expected, "\(fixture.name)")
        if digits == 2 { #expect(report.description == expected, "\(fixture.name)") }
      }
    }
  }

  @Test func noSamplesAreAllZeros() throws {
    let report = try ClassificationReport(ConfusionMatrix(classes: 2))
    let nothing = ClassScore(precision: 0, recall: 0, f1: 0, support: 0)
    #expect(report.classes == [nothing, nothing])
    #expect(report.macroAverage == nothing && report.weightedAverage == nothing)
    #expect(report.accuracy == 0)
  }

  @Test func digitsAreBounded() throws {
    let report = try ClassificationReport(ConfusionMatrix(classes: 1))
    #expect(report.formatted(digits: 99) == report.formatted(digits: 15))
    #expect(report.formatted(digits: -1) == report.formatted(digits: 0))
  }
}
