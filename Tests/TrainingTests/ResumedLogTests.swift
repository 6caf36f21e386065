import Foundation
import Pinion
import Testing

/// The lines of a run that was killed and resumed: each epoch once, and no line of other runs is
/// lost.
@Suite struct ResumedLogTests {
  private struct Kill: Error {}

  private let folder = TemporaryFolder()
  private var csv: URL { folder.url.appending(path: "log.csv") }
  private var file: URL { folder.url.appending(path: "checkpoint") }

  /// Trains with a checkpoint every five epochs; an error after the line of an epoch stands for a
  /// kill.
  private func train(
    _ epochs: Int = 10, killedAfter kill: Int? = nil, append: Bool = true, seed: UInt64 = 0
  ) throws {
    let model = try Model(Samples.line(), loss: .meanSquaredError, seed: seed, threads: 1)
    try model.fit(
      Samples.indices(4), epochs: epochs,
      callbacks: [
        CSVLogger(csv, append: append),
        ClosureCallback(epochDidEnd: { epoch, _, _ in if epoch == kill { throw Kill() } }),
      ], checkpointing: Checkpointing(to: file, every: .epochs(5), resumes: true), verbose: false)
  }

  private func epochs() throws -> [String] {
    try String(contentsOf: csv, encoding: .utf8).split(separator: "\n")
      .map { String($0.prefix { $0 != "," }) }
  }

  @Test(arguments: [false, true]) func everyEpochStandsOnce(append: Bool) throws {
    #expect(throws: Kill.self) { try train(killedAfter: 6, append: append) }
    #expect(try epochs() == ["epoch"] + (0...6).map(String.init))
    try train(append: append)
    #expect(try epochs() == ["epoch"] + (0...9).map(String.init))
    // A run that has nothing left to do.
    try train(append: append)
    #expect(try epochs() == ["epoch"] + (0...9).map(String.init))
  }

  @Test func linesOfEarlierRunsStay() throws {
    try Data("epoch,loss,val_loss\n0,1.5,NA".utf8).write(to: csv)
    #expect(throws: Kill.self) { try train(killedAfter: 6) }
    // Killed in the middle of a line.
    let text = try String(contentsOf: csv, encoding: .utf8)
    try Data(text.dropLast(5).utf8).write(to: csv)
    try train()
    #expect(try epochs() == ["epoch", "0"] + (0...9).map(String.init))
    #expect(try String(contentsOf: csv, encoding: .utf8).contains("\n0,1.5,NA\n"))
  }

  @Test func killedBeforeTheFirstCheckpointItAppends() throws {
    #expect(throws: Kill.self) { try train(killedAfter: 2) }
    try train()
    #expect(try epochs() == ["epoch", "0", "1", "2"] + (0...9).map(String.init))
  }

  @Test func whatOthersWroteIsNotCutOff() throws {
    #expect(throws: Kill.self) { try train(killedAfter: 6) }
    let text = try String(contentsOf: csv, encoding: .utf8)
    for other in [
      text + "0,3.0,NA\n", "epoch,loss,val_loss\n", text.replacing("\n3,", with: "\n7,"),
    ] {
      try Data(other.utf8).write(to: csv)
      let error = #expect(throws: FileError.self) { try train() }
      #expect(error?.file == csv.path)
      #expect(try String(contentsOf: csv, encoding: .utf8) == other)
    }
    // A file that is gone is written anew.
    try FileManager.default.removeItem(at: csv)
    try train()
    #expect(try epochs() == ["epoch"] + (0...9).map(String.init))
  }

  /// The columns do not depend on whether the first epoch of a run ends with a validation.
  @Test(arguments: [1, 2, 3]) func columnsAreKnownBeforeTraining(frequency: Int) throws {
    for initial in [0, 1] {
      try Model(Samples.line(), loss: .meanSquaredError, threads: 1).fit(
        Samples.indices(4), validation: Samples.indices(4), epochs: initial + 2,
        initialEpoch: initial, validationFrequency: frequency,
        callbacks: [ReduceLROnPlateau(monitor: "loss"), CSVLogger(csv, append: true)],
        verbose: false)
    }
    let text = try String(contentsOf: csv, encoding: .utf8)
    #expect(text.hasPrefix("epoch,learning_rate,loss,val_loss\n"))
    #expect(try epochs() == ["epoch", "0", "1", "1", "2"])
  }

  @Test func twoRunsDoNotShareAFile() throws {
    var inner: (any Error)?
    let model = try Model(Samples.line(), loss: .meanSquaredError, threads: 1)
    let before = "epoch,loss,val_loss\n"
    for isLogger in [false, true] {
      inner = nil
      try? FileManager.default.removeItem(at: csv)
      try model.fit(
        Samples.indices(4), epochs: 1,
        callbacks: [
          CSVLogger(csv),
          ClosureCallback(epochDidEnd: { _, _, _ in
            do {
              try Model(Samples.line(), loss: .meanSquaredError, threads: 1).fit(
                Samples.indices(4), callbacks: isLogger ? [CSVLogger(csv)] : [],
                checkpointing: isLogger ? nil : Checkpointing(to: file), verbose: false)
            } catch { inner = error }
          }),
        ], checkpointing: Checkpointing(to: file), verbose: false)
      let error = try #require(inner as? FileError)
      #expect(error.place == "locking")
      #expect(error.file == (isLogger ? csv.path : file.path))
      #expect(try String(contentsOf: csv, encoding: .utf8).hasPrefix(before + "0,"))
    }
    // Both are free again, for a run of other callbacks.
    for url in [csv, file] { try FileManager.default.removeItem(at: url) }
    try train()
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: folder.url.path)) == [
        "log.csv", "checkpoint",
      ])
  }

  @Test func linksAreReplacedOrRefused() throws {
    let target = folder.url.appending(path: "target")
    try Data("precious".utf8).write(to: target)
    try FileManager.default.createSymbolicLink(at: csv, withDestinationURL: target)
    let appending = #expect(throws: FileError.self) { try train() }
    #expect(appending?.found == "a symbolic link")
    try train(append: false)
    #expect(try String(contentsOf: target, encoding: .utf8) == "precious")
    #expect(try epochs().count == 11)
    #expect(throws: (any Error).self) {
      try FileManager.default.destinationOfSymbolicLink(atPath: csv.path)
    }
  }

  @Test func hardLinksAreReplaced() throws {
    let target = folder.url.appending(path: "target")
    try Data("precious".utf8).write(to: target)
    try FileManager.default.linkItem(at: target, to: csv)
    try train(append: false)
    #expect(try String(contentsOf: target, encoding: .utf8) == "precious")
    #expect(try epochs().count == 11)
  }
}
