import Foundation
import Pinion
import Testing

@Suite struct ModelCheckpointCallbackTests {
  private let folder = TemporaryFolder()

  private func names(_ run: FakeRun) -> [String] { run.savedFiles.map(\.lastPathComponent) }

  @Test func savesEachEpochUnderItsName() throws {
    let run = FakeRun()
    let callback = ModelCheckpoint(
      folder.path("new/sub/{epoch:02d}-{val_loss:.2f}.safetensors"))
    try run.train(callback, on: Logs.series("val_loss", [0.5, 0.625, 0.375]))
    #expect(
      names(run) == ["01-0.50.safetensors", "02-0.62.safetensors", "03-0.38.safetensors"])
    #expect(callback.lastFile == run.savedFiles.last)
    var isFolder: ObjCBool = false
    #expect(FileManager.default.fileExists(atPath: folder.path("new/sub"), isDirectory: &isFolder))
    #expect(isFolder.boolValue)
  }

  @Test func relativePathsNeedNoFolder() throws {
    let run = FakeRun()
    try run.train(ModelCheckpoint("{epoch}.safetensors"), on: [["val_loss": 1]])
    #expect(names(run) == ["1.safetensors"])
  }

  @Test func savesTheBestOnly() throws {
    let run = FakeRun()
    let callback = ModelCheckpoint(
      folder.path("{epoch}"), monitor: "val_accuracy", saveBestOnly: true)
    try run.train(callback, on: Logs.series("val_accuracy", [0.5, 0.4, .nan, 0.6, 0.6]))
    #expect(names(run) == ["1", "4"])
    #expect(callback.best == 0.6)
  }

  @Test func theThresholdIsToBeBeatenAndTheBestOutlivesARun() throws {
    let run = FakeRun()
    let callback = ModelCheckpoint(
      folder.path("{epoch}"), saveBestOnly: true, initialValueThreshold: 0.5)
    try run.train(callback, on: Logs.series("val_loss", [0.6, 0.4]))
    try run.train(callback, on: Logs.series("val_loss", [0.45, 0.44, 0.3]))
    #expect(names(run) == ["2", "3"])
  }

  @Test func saysWhatItDid() throws {
    let console = RecordingConsole()
    let callback = ModelCheckpoint(folder.path("w"), saveBestOnly: true, verbose: true)
    callback.console = console
    try FakeRun().train(callback, on: Logs.series("val_loss", [0.5, 0.25, 0.75]))
    let path = folder.path("w")
    #expect(
      console.text == """
        Epoch 1: val_loss improved from None to 0.50000, saving model to \(path)
        Epoch 1: finished saving model to \(path)
        Epoch 2: val_loss improved from 0.50000 to 0.25000, saving model to \(path)
        Epoch 2: finished saving model to \(path)
        Epoch 3: val_loss did not improve from 0.25000

        """)
    let terminal = RecordingConsole(columns: 80)
    let drawn = ModelCheckpoint(path, verbose: true)
    drawn.console = terminal
    try FakeRun().train(drawn, on: [["val_loss": 1]])
    #expect(
      terminal.text == """

        Epoch 1: saving model to \(path)

        Epoch 1: finished saving model to \(path)

        """)
  }

  @Test func aBrokenTemplateIsAnErrorBeforeTraining() {
    #expect(throws: CallbackError.self) {
      try ModelCheckpoint("{epoch").trainingWillBegin(run: FakeRun())
    }
  }

  @Test func missingMetricsAreNamedWithThoseThereAre() {
    let logs: [Logs] = [["loss": 1]]
    #expect(
      throws: CallbackError.missingMetric(
        callback: "ModelCheckpoint", name: "val_loss", available: ["loss"])
    ) { try FakeRun().train(ModelCheckpoint("{val_loss}"), on: logs) }
    #expect(
      throws: CallbackError.missingMetric(
        callback: "ModelCheckpoint", name: "val_loss", available: ["loss"])
    ) { try FakeRun().train(ModelCheckpoint("w", saveBestOnly: true), on: logs) }
  }

  @Test func onlyTheChoiceOfTheBestNeedsADirection() throws {
    #expect(throws: CallbackError.self) {
      try ModelCheckpoint("w", monitor: "recall", saveBestOnly: true).trainingWillBegin(
        run: FakeRun())
    }
    try ModelCheckpoint("w", monitor: "recall").trainingWillBegin(run: FakeRun())
  }

  private func validate(_ name: String) throws {
    let run = FakeRun()
    run.epochs = 1_000_000_000
    try ModelCheckpoint(folder.path(name)).validate(run: run, logs: ExpectedLogs(["val_loss"]))
  }

  /// The last epoch's number has ten digits, the loss at least four.
  @Test(arguments: [("{epoch}", 10), ("{epoch:099d}", 99), ("{val_loss:.2f}", 4), ("", 0)])
  func theLongestNameFits(field: String, length: Int) throws {
    let longest = "new/" + String(repeating: "x", count: 255 - length) + field
    try validate(longest)
    try validate(longest + "/w")
    for name in [longest + "x", longest + "x/w"] {
      let error = #expect(throws: FileError.self) { try validate(name) }
      #expect(error?.expected == "names of up to 255 bytes" && error?.found == "256")
    }
  }

  @Test func epochsWithoutEndAreNotAllExamined() throws {
    try validate("w-{epoch}")
    try FileManager.default.createDirectory(
      atPath: folder.path("w-9999"), withIntermediateDirectories: true)
    let error = #expect(throws: FileError.self) { try validate("w-{epoch}") }
    #expect(error?.file == folder.path("w-9999") && error?.found == "a directory")
  }

  @Test func aFolderThatCannotBeMadeIsAFileError() throws {
    try Data().write(to: URL(filePath: folder.path("file")))
    #expect(
      throws: FileError(
        file: folder.path("file"), place: "making the folder", expected: "a folder to save in",
        found: "File exists")
    ) { try FakeRun().train(ModelCheckpoint(folder.path("file/w")), on: [[:]]) }
    #expect(throws: FileError.self) {
      try FakeRun().train(ModelCheckpoint(folder.path("file/sub/w")), on: [[:]])
    }
  }
}
