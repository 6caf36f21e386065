import Foundation
import Pinion
import Testing

@Suite struct HistoryTests {
  private static func sample() -> History {
    var history = History(directions: ["loss": .minimize, "accuracy": .maximize])
    history.record(epoch: 3, logs: ["loss": 0.9, "accuracy": 0.5])
    history.record(epoch: 4, logs: ["loss": 0.7, "accuracy": 0.8, "val_accuracy": .infinity])
    history.record(epoch: 5, logs: ["loss": 0.8, "accuracy": 0.8, "val_accuracy": 0.6])
    return history
  }

  @Test func seriesSkipEpochsWithoutAValue() {
    let history = Self.sample()
    #expect(history.epochs == [3, 4, 5])
    #expect(history.keys == ["accuracy", "loss", "val_accuracy"])
    #expect(history["loss"] == [0.9, 0.7, 0.8])
    #expect(history["val_accuracy"] == [.infinity, 0.6])
    #expect(history["absent"] == [])
    #expect(history.logs(ofEpoch: 3) == ["loss": 0.9, "accuracy": 0.5])
    #expect(history.logs(ofEpoch: 0) == nil)
  }

  @Test func bestEpochFollowsTheMetric() throws {
    let history = Self.sample()
    #expect(try history.bestEpoch(of: "loss") == 4)
    #expect(try history.bestEpoch(of: "accuracy") == 4, "the first of two equal ones")
    #expect(try history.bestEpoch(of: "val_accuracy") == 5, "infinity is no best value")
    #expect(try history.bestEpoch(of: "loss", mode: .maximize) == 3)
    #expect(try history.bestEpoch(of: "val_loss") == nil)
    #expect(
      throws: CallbackError.unknownDirection(
        callback: "History", monitor: "recall", known: ["accuracy", "loss"])
    ) { try history.bestEpoch(of: "recall") }
  }

  @Test func codingKeepsEverything() throws {
    let history = Self.sample()
    let data = try JSONEncoder().encode(history)
    #expect(try JSONDecoder().decode(History.self, from: data) == history)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains(#""val_accuracy":[null,"inf",0.6]"#))
  }

  @Test func learningRatesAreKept() throws {
    var history = Self.sample()
    #expect(history.learningRates == [nil, nil, nil])
    #expect(!String(decoding: try JSONEncoder().encode(history), as: UTF8.self).contains("Rates"))
    history.record(epoch: 6, logs: ["loss": 0.1], learningRate: 0.25)
    let data = try JSONEncoder().encode(history)
    #expect(try JSONDecoder().decode(History.self, from: data) == history)
    #expect(history.learningRates == [nil, nil, nil, 0.25])
    #expect(history.keys == ["accuracy", "loss", "val_accuracy"])
  }

  @Test func readsKerasLikeFilesWithoutDirections() throws {
    let text = #"{"epochs": [0, 1], "history": {"loss": [0.5, "nan"]}}"#
    let history = try JSONDecoder().decode(History.self, from: Data(text.utf8))
    #expect(history["loss"][0] == 0.5)
    #expect(history["loss"][1].isNaN)
  }

  @Test(arguments: [
    #"{"epochs": [0, 1], "history": {"loss": [0.5]}}"#,
    #"{"epochs": [0], "history": {"loss": ["much"]}}"#,
    #"{"epochs": [0]}"#,
    #"{"epochs": [0], "history": {}, "learningRates": [1, 2]}"#,
  ])
  func brokenFilesThrow(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(History.self, from: Data(text.utf8))
    }
  }
}
