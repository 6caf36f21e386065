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

  @Test func aPredictionOfNaNIsWrong() throws {
    var accuracy = Accuracy()
    try accuracy.add([.nan, .nan, .nan, 0.1], [0, 1], count: 2)
    #expect(accuracy.value == 0.5)
  }

  func error(_ predictions: [Float], _ targets: [Float], count: Int) -> MetricError? {
    var accuracy = Accuracy()
    let error = #expect(throws: MetricError.self) {
      try accuracy.add(predictions, targets, count: count)
    }
    #expect(accuracy == Accuracy())
    return error
  }

  @Test(arguments: [2, -1, 0.5, .nan, .infinity, 1e30] as [Float])
  func labelsAreClasses(_ label: Float) {
    #expect(
      error([1, 0, 1, 0], [0, label], count: 2)
        == MetricError(place: "target 1", expected: "a class index in 0...1", found: "\(label)"))
  }

  @Test func shapesMustFit() {
    #expect(error([1, 0, 1], [0, 0], count: 2)?.place == "the predictions")
    #expect(error([], [0, 0], count: 2)?.place == "the predictions")
    #expect(error([1], [], count: 0)?.place == "the predictions")
    #expect(error([1, 2, 3, 4, 5, 6], [0, 0, 0], count: 2)?.place == "the targets")
    #expect(error([1, 2], [0], count: -1)?.place == "the batch")
    #expect(
      error([1, 0, 1, 0], [0, 1, .nan, .nan], count: 2)
        == MetricError(place: "target 1", expected: "numbers", found: "nan"))
  }
}
