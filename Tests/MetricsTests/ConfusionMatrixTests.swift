import PinionMetrics
import PinionTensor
import Testing

@Suite struct ConfusionMatrixTests {
  @Test func asScikitLearn() throws {
    for fixture in try MetricsFixture.load().cases {
      var matrix = try ConfusionMatrix(classNames: fixture.classNames)
      for (actual, predicted) in zip(fixture.actual, fixture.predicted) {
        try matrix.add(true: actual, predicted: predicted)
      }
      #expect(matrix.counts == fixture.confusion, "\(fixture.name)")
      #expect(matrix.accuracy == fixture.accuracy, "\(fixture.name)")
      #expect(matrix.rowTotals == fixture.perClass[3].map { Int($0) }, "\(fixture.name)")
    }
  }

  @Test func rowsAreTrueAndColumnsPredicted() throws {
    var matrix = try ConfusionMatrix(classes: 3)
    try matrix.add(true: 0, predicted: 2)
    try matrix.add(true: 0, predicted: 2)
    try matrix.add(true: 1, predicted: 1)
    #expect(matrix.counts == [0, 0, 2, 0, 1, 0, 0, 0, 0])
    #expect(matrix[true: 0, predicted: 2] == 2)
    #expect(matrix.rowTotals == [2, 1, 0])
    #expect(matrix.columnTotals == [0, 1, 2])
    #expect(matrix.total == 3)
    #expect(matrix.correct == 1)
    #expect(matrix.accuracy == 1.0 / 3)
    #expect(matrix.classNames == ["0", "1", "2"])
    #expect(try ConfusionMatrix(classes: 3).accuracy == 0)
  }

  @Test func batchesAreCounted() throws {
    var matrix = try ConfusionMatrix(classes: 2)
    try withView([0.9, 0.1, 0.5, 0.5, 0.2, 0.8]) { predictions in
      try withView([0, 1, 1]) { try matrix.add(predictions: predictions, targets: $0, count: 3) }
      try withView([1, 0, 0, 1, 0, 1]) {
        try matrix.add(predictions: predictions, targets: $0, count: 3)
      }
    }
    #expect(matrix.counts == [2, 0, 2, 2])
  }

  @Test func probabilitiesOfYesAreCounted() throws {
    var matrix = try ConfusionMatrix(classes: 2)
    try withView([0.9, 0.2, 0.5, 0.51]) { predictions in
      try withView([1, 1, 0, 0]) { try matrix.add(predictions: predictions, targets: $0, count: 4) }
      #expect(matrix.counts == [1, 1, 1, 1])
      _ = withView([0, 1, 2, 0]) { targets in
        #expect(throws: ArgumentError(place: "target 2", expected: "0 or 1", found: "2.0")) {
          try matrix.add(predictions: predictions, targets: targets, count: 4)
        }
      }
      _ = withView([0, 1]) { targets in
        #expect(throws: ArgumentError.self) {
          try matrix.add(predictions: predictions, targets: targets, count: 4)
        }
      }
    }
    #expect(matrix.total == 4)
  }

  @Test func logitsOfYesAreCounted() throws {
    var matrix = try ConfusionMatrix(classes: 2)
    try withView([0.2, 3, 0, -1]) { logits in
      try withView([1, 1, 0, 0]) {
        try matrix.add(predictions: logits, targets: $0, count: 4, threshold: 0)
      }
    }
    #expect(matrix.counts == [2, 0, 0, 2])
  }

  @Test func whatIsNoClassIsAnError() throws {
    var matrix = try ConfusionMatrix(classes: 2)
    #expect(
      throws: ArgumentError(place: "the true class", expected: "an index in 0...1", found: "2")
    ) { try matrix.add(true: 2, predicted: 0) }
    #expect(
      throws: ArgumentError(
        place: "the predicted class", expected: "an index in 0...1", found: "-1")
    ) { try matrix.add(true: 0, predicted: -1) }
    withView([1, 0, .nan, .nan]) { predictions in
      withView([0, 0]) { targets in
        #expect(throws: ArgumentError(place: "prediction 1", expected: "numbers", found: "nan")) {
          try matrix.add(predictions: predictions, targets: targets, count: 2)
        }
        #expect(throws: ArgumentError.self) {
          var wide = try ConfusionMatrix(classes: 3)
          try wide.add(predictions: predictions, targets: targets, count: 2)
        }
      }
    }
    #expect(matrix.total == 0)
    #expect(throws: ArgumentError.self) { try ConfusionMatrix(classes: 0) }
    #expect(throws: ArgumentError.self) { try ConfusionMatrix(classNames: []) }
  }

  @Test func theTable() throws {
    var matrix = try ConfusionMatrix(
      classNames: ["Trouser", "Ankle boot"] + (2..<11).map { "c\($0)" })
    for _ in 0..<981 { try matrix.add(true: 0, predicted: 0) }
    for _ in 0..<19 { try matrix.add(true: 1, predicted: 10) }
    let lines = matrix.description.split(separator: "\n")
    #expect(lines.count == 12)
    #expect(
      lines[0] == "true \\ predicted    0    1    2    3    4    5    6    7    8    9   10")
    #expect(
      lines[1] == " 0 Trouser        981    0    0    0    0    0    0    0    0    0    0")
    #expect(
      lines[2] == " 1 Ankle boot       0    0    0    0    0    0    0    0    0    0   19")
    #expect(
      lines[11] == "10 c10              0    0    0    0    0    0    0    0    0    0    0")
  }
}
