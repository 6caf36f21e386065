import Foundation
import Pinion
import Testing

@Suite struct CSVLoggerTests {
  private let folder = TemporaryFolder()
  private var file: URL { folder.url.appending(path: "log.csv") }

  private func text() throws -> String {
    String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }

  @Test func writesALineAnEpoch() throws {
    let logs: [Logs] = [
      ["loss": 0.1, "accuracy": 1e-05, "val_loss": 1e16], ["loss": 2, "val_loss": .infinity],
      ["loss": 9007199254740994, "accuracy": .nan, "val_loss": 1 / 3, "new": 5],
    ]
    try FakeRun().train(CSVLogger(file), on: logs)
    #expect(
      try text() == """
        epoch,accuracy,loss,val_loss
        0,1e-05,0.1,1e+16
        1,NA,2.0,inf
        2,nan,9007199254740994.0,0.3333333333333333

        """)
  }

  @Test func withoutValidationColumnsForItAreKept() throws {
    try FakeRun().train(CSVLogger(file, separator: ";"), on: [["loss": 1, "accuracy": 0.5]])
    #expect(
      try text() == "epoch;accuracy;loss;val_accuracy;val_loss\n0;0.5;1.0;NA;NA\n")
  }

  @Test func eachLineIsThereAtTheEndOfItsEpoch() throws {
    let run = FakeRun()
    let callback = CSVLogger(file)
    try callback.trainingWillBegin(run: run)
    #expect(try text() == "")
    var logs: Logs = ["val_loss": 1]
    try callback.epochDidEnd(epoch: 0, logs: &logs, run: run)
    #expect(try text() == "epoch,val_loss\n0,1.0\n")
  }

  @Test func emptiesTheFileUnlessAppending() throws {
    try FakeRun().train(CSVLogger(file), on: Logs.series("val_loss", [1, 2, 3]))
    try FakeRun().train(CSVLogger(file), on: Logs.series("val_loss", [4]))
    #expect(try text() == "epoch,val_loss\n0,4.0\n")
    try FakeRun().train(CSVLogger(file, append: true), on: Logs.series("val_loss", [5]))
    #expect(try text() == "epoch,val_loss\n0,4.0\n0,5.0\n")
  }

  @Test func appendsToAFileThatIsNotThereYet() throws {
    try FakeRun().train(CSVLogger(file, append: true), on: Logs.series("val_loss", [5]))
    #expect(try text() == "epoch,val_loss\n0,5.0\n")
  }

  @Test func appendsBehindHalfALineAndAKerasFile() throws {
    try Data("epoch,val_loss\r\n0,4.".utf8).write(to: file)
    try FakeRun().train(CSVLogger(file, append: true), on: Logs.series("val_loss", [5]))
    #expect(try text() == "epoch,val_loss\r\n0,4.\n0,5.0\n")
  }

  @Test func otherColumnsAreAnError() throws {
    let header = "epoch,loss,val_loss," + String(repeating: "x", count: 5000)
    try Data((header + "\n0,1,2,3\n").utf8).write(to: file)
    #expect(
      throws: FileError(
        file: file.path, place: "line 1", expected: "the columns epoch,val_loss", found: header)
    ) { try FakeRun().train(CSVLogger(file, append: true), on: Logs.series("val_loss", [5])) }
    #expect(try text() == header + "\n0,1,2,3\n")
  }

  @Test func anEmptyFirstLineIsAnError() throws {
    try Data("\n0,1\n".utf8).write(to: file)
    #expect(
      throws: FileError(
        file: file.path, place: "line 1", expected: "the columns epoch,val_loss",
        found: "an empty line")
    ) { try FakeRun().train(CSVLogger(file, append: true), on: Logs.series("val_loss", [5])) }
  }

  @Test func aFileThatCannotBeOpenedIsAnError() {
    let missing = folder.url.appending(path: "no/such/folder.csv")
    #expect(
      throws: FileError(
        file: missing.path, place: "opening", expected: "a file that can be written",
        found: "No such file or directory")
    ) { try CSVLogger(missing).trainingWillBegin(run: FakeRun()) }
  }

  @Test func aFullDiskIsAnError() throws {
    let full = CSVLogger(URL(filePath: "/dev/full"))
    let error = #expect(throws: FileError.self) {
      try FakeRun().train(full, on: [["loss": 1]])
    }
    #expect(error?.place == "writing")
    #expect(error?.found == "No space left on device")
  }

  @Test func namesWithSeparatorsAreQuoted() throws {
    try FakeRun().train(CSVLogger(file), on: [["val_a,b": 1, "c\"d": 2]])
    #expect(try text() == "epoch,\"c\"\"d\",\"val_a,b\"\n0,2.0,1.0\n")
  }
}
