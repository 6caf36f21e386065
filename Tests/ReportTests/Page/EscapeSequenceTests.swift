import Foundation
import Pinion
import Testing

/// Names with escape sequences, in all output.
@Suite struct EscapeSequenceTests {
  private static let name = "a\u{1b}[2J\u{9b}31m\u{202e}\r"
  private static let shown = "a\\u{1B}[2J\\u{9B}31m\\u{202E}\\r"

  private func check(_ text: String) {
    #expect(text.contains(Self.shown), "\(text)")
    #expect(!text.unicodeScalars.contains("\u{1b}"))
    #expect(!text.unicodeScalars.contains("\u{9b}"))
    #expect(!text.unicodeScalars.contains("\u{202e}"))
    #expect(!text.unicodeScalars.contains("\r"))
  }

  @Test func tablesEscapeNames() throws {
    let graph = try Sequential(input: [2], name: Self.name) { Dense(2, name: Self.name) }.graph
    check(graph.summary())
    let branch = Input([2])
    let one = Dense(2, name: Self.name)(branch)
    check(try Graph(input: branch, output: Add()(one, branch)).summary())
    var matrix = try ConfusionMatrix(classNames: [Self.name, "b"])
    try matrix.add(true: 0, predicted: 1)
    check(matrix.description)
    check(ClassificationReport(matrix).description)
    check(matrix.mostConfusedPairs()[0].description)
    check(Evaluation(logs: [Self.name: 1]).description)
  }

  @Test func errorsEscapeNames() {
    let name = Self.name
    let errors: [any Error] = [
      FileError(file: name, place: name, expected: name, found: name),
      ArgumentError(place: name, expected: name, found: name),
      LayerError(name, received: name), GraphError.duplicateName(name),
      GraphError.layer(name: name, type: name, inputs: [[1]], LayerError(name, received: name)),
      CallbackError.missingMetric(callback: name, name: name, available: [name]),
      TrainingError.argument(name, expected: name, found: name),
      TrainingError.nonFiniteLoss(epoch: 1, batch: 1, origin: .layer(name)),
    ]
    for error in errors { check("\(error)") }
    check("\(TrainingError.Origin.parameter(name))")
  }

  @Test func lineBreaksAreKept() throws {
    let error = #expect(throws: DatasetNotFound.self) {
      try FashionMNIST.load(from: "/absent/" + Self.name)
    }
    let text = try #require(error?.description)
    #expect(text.split(separator: "\n").count > 3)
    check(text)
  }
}
