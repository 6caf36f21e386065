import Foundation
import Pinion
import Testing

/// Errors that are known in advance are thrown before the first step.
@Suite struct EarlyErrorTests {
  /// A callback of a user's that says nothing of what it adds to the logs.
  private final class Quiet: Callback {
    func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
      logs["goal"] = 1
    }
  }

  private let folder = TemporaryFolder()

  /// Trains two epochs with callbacks; returns what is thrown, which must be before the first step.
  private func fit(
    _ callbacks: [any Callback], isValidated: Bool = false, metrics: [any Metric] = [Accuracy()],
    checkpointing: Checkpointing? = nil
  ) throws -> (any Error)? {
    let data = try Samples.images(6)
    let model = try Model(Samples.perceptron(), metrics: metrics, threads: 1)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path)
    do {
      try model.fit(
        data, validation: isValidated ? data : nil, epochs: 2, batchSize: 3, callbacks: callbacks,
        checkpointing: checkpointing, verbose: false)
      return nil
    } catch {
      #expect(model.steps == 0, "\(error)")
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: folder.url.path) == names, "\(error)")
      return error
    }
  }

  private func watching(_ monitor: String) -> [any Callback] {
    [
      EarlyStopping(monitor: monitor, mode: .minimize),
      ReduceLROnPlateau(monitor: monitor, mode: .minimize),
      ModelCheckpoint(
        folder.path("w"), monitor: monitor, saveBestOnly: true, mode: .minimize),
      ModelCheckpoint(folder.path("{epoch}-{\(monitor)}")),
    ]
  }

  @Test func watchedValuesExist() throws {
    for monitor in ["val_loss", "val_accuracy"] {
      for callback in watching(monitor) {
        let error = try fit([callback]) as? CallbackError
        guard case .missingMetric(_, monitor, ["accuracy", "loss"])? = error else {
          Issue.record("\(String(describing: error)) for \(monitor)")
          continue
        }
        #expect(error?.description.contains("validation data") == true)
        #expect(try fit([callback], isValidated: true) == nil)
        // Whatever others add: it is training's own value.
        #expect(try fit([Quiet(), callback]) is CallbackError)
      }
    }
    for callback in watching("val_acuracy") {
      #expect(try fit([callback], isValidated: true) is CallbackError)
      #expect(try fit([ClosureCallback(), callback], isValidated: true) is CallbackError)
    }
    for callback in watching("loss") + watching("accuracy") { #expect(try fit([callback]) == nil) }
  }

  @Test func valuesOfCallbacksBeforeCount() throws {
    for callback in watching("goal") {
      #expect(try fit([callback, Quiet()]) is CallbackError)
      #expect(try fit([Quiet(), callback]) == nil)
      let closure = ClosureCallback(epochDidEnd: { _, logs, _ in logs["goal"] = 1 })
      #expect(try fit([closure, callback]) == nil)
    }
    for callback in watching("learning_rate").filter({ !($0 is ReduceLROnPlateau) }) {
      #expect(try fit([callback]) is CallbackError)
      #expect(try fit([LearningRateScheduler { _, rate in rate }, callback]) == nil)
    }
  }

  @Test func filesOfCheckpointsCanBeWritten() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("folder"), withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: folder.path("file")))
    let places = [
      ("missing/checkpoint", "No such file or directory"), ("folder", "a directory"),
      ("file/checkpoint", "Not a directory"),
    ]
    for (name, found) in places {
      let file = URL(filePath: folder.path(name))
      let error = try fit([], checkpointing: Checkpointing(to: file)) as? FileError
      #expect(error?.file == file.path && error?.found == found, "\(String(describing: error))")
    }
    let readOnly = URL(filePath: "/proc/checkpoint")
    #expect(try fit([], checkpointing: Checkpointing(to: readOnly)) is FileError)
  }

  @Test func filesOfCallbacksCanBeWritten() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("folder"), withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: folder.path("file")))
    for path in ["folder", "file/w", "file/sub/{epoch}", "file/{epoch}/w"] {
      #expect(try fit([ModelCheckpoint(folder.path(path))]) is FileError, "\(path)")
    }
    #expect(try fit([ModelCheckpoint("/proc/pinion/{epoch}")]) is FileError)
    #expect(try fit([ModelCheckpoint(folder.path("new/{epoch}/w"))]) == nil)
    for path in ["folder", "file/log.csv", "missing/log.csv"] {
      for append in [false, true] {
        let logger = CSVLogger(URL(filePath: folder.path(path)), append: append)
        #expect(try fit([logger]) is FileError, "\(path)")
      }
    }
    let log = URL(filePath: folder.path("log.csv"))
    try Data("epoch,loss\n0,1.0\n".utf8).write(to: log)
    let error = try fit([CSVLogger(log, append: true)]) as? FileError
    #expect(error?.place == "line 1")
    #expect(error?.expected == "the columns epoch,accuracy,loss,val_accuracy,val_loss")
  }

  @Test func filesOfAllEpochsCanBeWritten() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("w-2"), withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: folder.path("2")))
    let long = String(repeating: "x", count: 260)
    for path in [
      "w-{epoch}", "w-{epoch:.0f}", "{epoch}/w", "\(long)-{epoch}", "new/{epoch}/\(long)",
      "\(long)-{loss}", "new/\(long)-{loss}/w", "new/\(long)",
    ] { #expect(try fit([ModelCheckpoint(folder.path(path))]) is FileError, "\(path)") }
    #expect(try fit([ModelCheckpoint(folder.path("w-{epoch:02d}"))]) == nil)
    // The second epoch is not one of the run's.
    let model = try Model(Samples.perceptron(), threads: 1)
    try model.fit(
      Samples.images(6), epochs: 3, initialEpoch: 2,
      callbacks: [ModelCheckpoint(folder.path("w-{epoch}"))], verbose: false)
    #expect(FileManager.default.fileExists(atPath: folder.path("w-3")))
  }

  @Test func aRateThatMakesNoSenseIsAnError() throws {
    for rate in [-1, .nan, .infinity] {
      #expect(try fit([LearningRateScheduler { _, _ in rate }]) is CallbackError)
      let model = try Model(Samples.perceptron(), threads: 1)
      model.learningRate = rate
      let before = model.bits
      #expect(throws: TrainingError.self) { try model.fit(Samples.images(6), verbose: false) }
      #expect(model.bits == before)
    }
  }
}
