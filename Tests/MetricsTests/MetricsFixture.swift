import PinionTestSupport

/// Results of scikit-learn: `Tests/Fixtures/make_metrics_fixtures.py`.
struct MetricsFixture: Decodable {
  struct Case: Decodable, Sendable {
    let name: String
    let classNames: [String]
    let actual: [Int]
    let predicted: [Int]
    let confusion: [Int]
    let accuracy: Double
    /// Precision, recall, F1 and support, each with a number for each class.
    let perClass: [[Double]]
    let macro: [Double]
    let weighted: [Double]
    /// The printed report for each number of digits; nil where scikit-learn's is not worth copying.
    let reports: [String: String]?
  }

  struct TopK: Decodable {
    let probabilities: FixtureTensor
    let actual: [Int]
    let accuracy: [String: Double]
    let weights: [Float]
    let weightedAccuracy: [String: Double]
  }

  let cases: [Case]
  let topK: TopK

  static func load() throws -> MetricsFixture {
    try Fixture.load("metrics", as: MetricsFixture.self)
  }
}
