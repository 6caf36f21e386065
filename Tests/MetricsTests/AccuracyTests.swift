import PinionMetrics
import PinionTensor
import Testing

@Suite struct AccuracyTests {
  @Test func countsWhatIsRight() throws {
    var accuracy = Accuracy()
    #expect(accuracy.value == 0)
    try accuracy.add([0.1, 0.9, 0.8, 0.2, 0.5, 0.5], [1, 1, 0], count: 3)
    #expect(accuracy.value == 2.0 / 3)
    // One-hot, and other batch sizes weigh as many samples as they have.
    try accuracy.add([5, 4, 3, 2, 1, 9], [1, 0, 0, 0, 1, 0], count: 2)
    #expect(accuracy.value == 3.0 / 5)
    try accuracy.add([], [], count: 0)
    #expect(accuracy.value == 3.0 / 5)
    accuracy.reset()
    #expect(accuracy == Accuracy())
    #expect(accuracy.name == "accuracy" && accuracy.higherIsBetter)
  }

  /// At any position of the NaN, and for any label.
  @Test func aPredictionWithNaNIsWrong() throws {
    for place in 0..<3 {
      for label in 0..<3 {
        var row: [Float] = [0.2, 0.5, 0.3]
        row[place] = .nan
        var (accuracy, top) = (Accuracy(), try TopKAccuracy(k: 2))
        try accuracy.add(row, [Float(label)], count: 1)
        try top.add(row, [Float(label)], count: 1)
        #expect(accuracy.value == 0 && top.value == 0, "\(row), \(label)")
        #expect(throws: ArgumentError(place: "prediction 0", expected: "numbers", found: "nan")) {
          var matrix = try ConfusionMatrix(classes: 3)
          try withView(row) { row in
            try withView([Float(label)]) {
              try matrix.add(predictions: row, targets: $0, count: 1)
            }
          }
        }
      }
    }
  }

  @Test func everyPositionOfASampleCounts() throws {
    // Two samples of 1 × 3 positions, three classes.
    let predictions: [Float] = [
      0, 1, 2, 2, 1, 0, 0, 3, 1,  //
      5, 1, 1, 1, 5, 1, 1, 1, 5,
    ]
    let oneHot: [Float] = [
      0, 0, 1, 0, 1, 0, 0, 1, 0,  //
      1, 0, 0, 1, 0, 0, 0, 0, 1,
    ]
    for targets in [[2, 1, 1, 0, 0, 2], oneHot] {
      var (accuracy, top) = (Accuracy(), try TopKAccuracy(k: 2))
      try withView(predictions) { predictions in
        try withView(targets) { targets in
          try accuracy.add(predictions: predictions, targets: targets, count: 2, classes: 3)
          try top.add(predictions: predictions, targets: targets, count: 2, classes: 3)
        }
      }
      #expect(accuracy.value == 4.0 / 6)
      #expect(top.value == 1)
      #expect(
        throws: ArgumentError(
          place: "the predictions", expected: "rows of 4 numbers, as many for each of 2 samples",
          found: "18 numbers")
      ) {
        try withView(predictions) { predictions in
          try withView(targets) {
            try accuracy.add(predictions: predictions, targets: $0, count: 2, classes: 4)
          }
        }
      }
      #expect(accuracy.value == 4.0 / 6)
    }
  }

  @Test func shapesAreValidated() throws {
    let metrics: [any Metric] = [Accuracy(), try TopKAccuracy(k: 2)]
    for metric in metrics {
      #expect(metric.usesOrderAlone)
      for target: Shape in [[], [1], [3]] { try metric.validate(output: [3], target: target) }
      for target: Shape in [[4, 5], [4, 5, 1], [4, 5, 3]] {
        try metric.validate(output: [4, 5, 3], target: target)
      }
      for target: Shape in [[2], [1, 1], [3, 1]] {
        #expect(throws: ArgumentError.self) { try metric.validate(output: [3], target: target) }
      }
      for target: Shape in [[1], [3], [4, 3], [20]] {
        #expect(throws: ArgumentError.self) {
          try metric.validate(output: [4, 5, 3], target: target)
        }
      }
      for output: Shape in [[], [1], [4, 1]] {
        #expect(throws: ArgumentError.self) { try metric.validate(output: output, target: [1]) }
      }
    }
  }

  func error(_ predictions: [Float], _ targets: [Float], count: Int) -> ArgumentError? {
    var accuracy = Accuracy()
    let error = #expect(throws: ArgumentError.self) {
      try accuracy.add(predictions, targets, count: count)
    }
    #expect(accuracy == Accuracy())
    return error
  }

  @Test(arguments: [2, -1, 0.5, .nan, .infinity, 1e30] as [Float])
  func labelsAreClasses(_ label: Float) {
    #expect(
      error([1, 0, 1, 0], [0, label], count: 2)
        == ArgumentError(place: "target 1", expected: "a class index in 0...1", found: "\(label)"))
  }

  @Test func shapesMustFit() {
    #expect(error([1, 0, 1], [0, 0], count: 2)?.place == "the predictions")
    #expect(error([], [0, 0], count: 2)?.place == "the predictions")
    #expect(error([1], [], count: 0)?.place == "the predictions")
    #expect(error([1, 2, 3, 4, 5, 6], [0, 0, 0], count: 2)?.place == "the targets")
    #expect(error([1, 2], [0], count: -1)?.place == "the batch")
    #expect(
      error([1, 0, 1, 0], [0, 1, .nan, .nan], count: 2)
        == ArgumentError(place: "target 1", expected: "numbers", found: "nan"))
  }
}
