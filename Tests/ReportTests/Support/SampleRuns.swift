import Pinion
import VisualizationTestSupport

@testable import PinionReport

/// Synthetic runs.
extension Samples {
  /// Decreasing losses and increasing accuracies with noise.
  static func history(epochs: Int, validation: Bool = true, falling rate: Double = 12) -> History {
    var history = History(directions: ["loss": .minimize, "accuracy": .maximize])
    for epoch in 0..<epochs {
      let time = Double(epoch) / rate
      let unrest = Double((epoch * 7_919) % 13) / 13 - 0.5
      var logs: Logs = [
        "loss": 0.25 + 1.4 / (1 + time * 3), "accuracy": 0.93 - 0.5 / (1 + time * 3),
        "learning_rate": 0.001,
      ]
      if validation {
        logs["val_loss"] = 0.34 + 1.1 / (1 + time * 4) + time * 0.01 + unrest * 0.04
        logs["val_accuracy"] = 0.9 - 0.4 / (1 + time * 4) + unrest * 0.012
      }
      history.record(epoch: epoch, logs: logs)
    }
    return history
  }

  /// The report's largest network.
  static func personal() throws -> Graph {
    let leaky = LeakyReLU(negativeSlope: 0.1)
    return try Sequential(input: [32, 32, 3], name: "personal") {
      BatchNormalization(axis: 1)
      Conv2D(32, kernel: 3, padding: .same, activation: leaky)
      BatchNormalization(axis: 1)
      Conv2D(64, kernel: 3, padding: .same, activation: leaky)
      for filters in [128, 128, 256] {
        MaxPool2D()
        Dropout(0.25)
        BatchNormalization(axis: 1)
        Conv2D(filters, kernel: 3, padding: .same, activation: leaky)
      }
      MaxPool2D()
      Dropout(0.25)
      Flatten()
      BatchNormalization()
      Dense(128, activation: leaky)
      Dropout(0.25)
      Dense(100, activation: .softmax)
    }.graph
  }

  /// Nested residual connections, two of them around the same layers.
  static func residual() throws -> Graph {
    let input = Input([16, 16, 3])
    let stem = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
    let a = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(stem)
    let b = Conv2D(16, kernel: 3, padding: .same)(a)
    let c = Conv2D(16, kernel: 1, name: "a_shortcut_with_a_name_that_is_much_too_long")(stem)
    let sum = Add()(b, c, stem)
    let d = Conv2D(16, kernel: 3, padding: .same)(Activation(.relu)(sum))
    let end = Add()(d, sum, stem)
    return try Graph(
      input: input, output: Dense(10, activation: .softmax)(Flatten()(MaxPool2D()(end))),
      name: "residual")
  }

  static func report(
    names: [String] = fashionNames, shape: Shape = [28, 28, 1], epochs: Int = 12
  ) throws -> ExperimentReport {
    let images = try images(classes: names, perClass: 6, shape: shape)
    var report = ExperimentReport(
      title: "A made-up run", dataset: "made-up-\(names.count)", network: "personal",
      graph: try personal(), history: history(epochs: epochs))
    report.bestEpoch = epochs > 2 ? epochs - 2 : nil
    try report.add(test: images, outputs: outputs(for: images))
    report.confusion = try confusion(names, total: names.count > 20 ? 100 : 1_000)
    report.evaluation = Evaluation(logs: ["loss": 0.2415, "accuracy": 0.9166])
    report.seconds = 754
    report.imagesPerSecond = 2_345.6
    report.settings = [.init("Optimizer", "adam"), .init("Batch size", "100")]
    report.notes = ["All numbers on this page are made up."]
    return report
  }
}
