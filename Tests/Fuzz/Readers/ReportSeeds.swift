import Pinion

/// Reports of runs, and reports with values that no run has.
enum ReportSeeds {
  static var reports: [ExperimentReport] {
    get throws {
      let graph = try ModelSeeds.chain
      let report = ExperimentReport(
        title: "A run", dataset: "data", network: "small", graph: graph, history: history)
      var whole = report
      whole.confusion = try confusion
      whole.settings = [.init("Optimizer", "adam")]
      whole.bestEpoch = 1
      (whole.seconds, whole.imagesPerSecond) = (2.5, 1e3)
      whole.evaluation = Evaluation(logs: ["loss": 0.5, "accuracy": .nan])
      whole.provenance = RunProvenance(
        version: "1.0", command: "run --epochs 2", date: "2026-11-26 01:46:31", processor: "x",
        cores: 2, blas: "0.3", kernels: "Haswell")
      return [whole, report]
    }
  }

  /// - Parameter valid: The first report's file.
  static func refusals(_ valid: [UInt8]) -> [[UInt8]] {
    let text = String(decoding: valid, as: UTF8.self)
    let changes = [
      (#""format":1"#, #""format":2"#), (#""classNames":["shirt","#, #""classNames":["#),
      (#""bestEpoch":1"#, #""bestEpoch":-1"#), (#""confusion":[["#, #""confusion":[[],["#),
      (#""total":"#, #""total":-"#), (#""f1":"#, #""f1":2"#), (#""title":"A run""#, #""title":1"#),
      (#""title""#, #""other""#), (#""total":"#, #""total":1e"#),
    ]
    return changes.map { old, new in Array(text.replacing(old, with: new).utf8) }
      + [Array("[]".utf8), Array("{".utf8), []]
  }

  private static var confusion: ConfusionMatrix {
    get throws {
      var confusion = try ConfusionMatrix(classNames: ["shirt", "coat"])
      try confusion.add(true: 0, predicted: 0)
      try confusion.add(true: 1, predicted: 0)
      return confusion
    }
  }

  private static let history: History = {
    var history = History(directions: ["loss": .minimize, "accuracy": .maximize])
    history.record(epoch: 0, logs: ["loss": 0.5, "accuracy": 0.25, "learning_rate": 0.001])
    history.record(epoch: 1, logs: ["loss": 0.25, "accuracy": 0.5, "learning_rate": 0.001])
    return history
  }()
}
