import Pinion
import Testing

@Suite struct CallbackLogsTests {
  @Test func namesAreListedAlphabetically() {
    var logs: Logs = ["val_loss": 3, "loss": 2, "accuracy": 1]
    logs["learning_rate"] = 4
    #expect(logs.names == ["accuracy", "learning_rate", "loss", "val_loss"])
    #expect(logs.map(\.value) == [1, 4, 2, 3])
  }

  @Test func aNameHasOneValue() {
    var logs: Logs = ["loss": 1, "loss": 2]
    #expect(logs["loss"] == 2)
    #expect(logs.count == 1)
    logs["loss"] = 3
    #expect(logs == ["loss": 3])
  }

  @Test func nilRemovesAValue() {
    var logs: Logs = ["accuracy": 1, "loss": 2]
    logs["accuracy"] = nil
    logs["absent"] = nil
    #expect(logs == ["loss": 2])
    #expect(logs["accuracy"] == nil)
  }

  @Test func equalityLooksAtNamesAndValues() {
    #expect((["loss": 1] as Logs) != ["loss": 2])
    #expect((["loss": 1] as Logs) != ["accuracy": 1])
  }
}
