import Pinion

@testable import PinionReport

/// Synthetic runs.
enum Samples {
  static let hostile =
    "<b>\"T&C's\"</b> \u{1} ‮漢字 an excessively long class name that must be truncated"

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

  /// `total` samples per class, most of them correct, the others in neighboring classes.
  static func confusion(_ names: [String], total: Int = 1_000) throws -> ConfusionMatrix {
    var matrix = try ConfusionMatrix(classNames: names)
    for actual in names.indices {
      for sample in 0..<total {
        let isCorrect = (sample * 31 + actual * 17) % 100 < 60 + (actual * 37) % 39
        let other = (actual + 1 + (sample * sample + actual) % 7) % names.count
        try matrix.add(true: actual, predicted: isCorrect ? actual : other)
      }
    }
    return matrix
  }

  /// Images with a gradient that depends on the class.
  static func images(
    classes names: [String], perClass: Int, shape: Shape
  ) throws -> ImageDataset {
    var pixels: [UInt8] = []
    var labels: [Int] = []
    for index in 0..<names.count * perClass {
      let label = index % names.count
      labels.append(label)
      for y in 0..<shape[0] {
        for x in 0..<shape[1] {
          for channel in 0..<shape[2] {
            let value = x * (label + 2) + y * (channel * 3 + 1) + index * 5 + label * 40
            pixels.append(UInt8(truncatingIfNeeded: value))
          }
        }
      }
    }
    return try ImageDataset(pixels: pixels, imageShape: shape, labels: labels, classNames: names)
  }

  /// Probabilities whose largest value is the true class in most cases.
  static func outputs(for dataset: ImageDataset) -> Tensor {
    let classes = dataset.classNames?.count ?? 1
    let elements = dataset.labels.enumerated().flatMap { index, label -> [Float] in
      let chosen = index % 6 == 3 ? (label + 1) % classes : label
      return (0..<classes).map { $0 == chosen ? 0.75 : 0.25 / Float(classes) }
    }
    return Tensor(shape: [dataset.count, classes], elements: elements)
  }

  static let fashionNames = FashionMNIST.classNames

  static func names(_ count: Int) -> [String] {
    let words = ["apple", "aquarium_fish", "baby", "lawn_mower", "pickup_truck", "sea", "worm"]
    return (0..<count).map { "\(words[$0 % words.count])_\($0)" }
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
