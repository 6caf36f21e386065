import Foundation
import Glibc
import Pinion
import Testing

@testable import PinionTraining

/// A model that cannot be saved leaves nothing behind, and no older file is lost.
@Suite struct ModelSavingTests {
  private let folder = TemporaryFolder()

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func large() throws -> Model {
    try Model(Sequential(input: [100]) { Dense(300, activation: .softmax) }, threads: 1)
  }

  @Test func aFolderThatIsNotThereIsAnError() throws {
    let file = folder.url.appending(path: "none/a.safetensors")
    let error = #expect(throws: FileError.self) { try large().saveWeights(to: file) }
    #expect(error?.found == "No such file or directory")
    #expect(try names(folder.url.path) == [])
  }

  @Test func aFolderThatCannotBeWrittenIsAnError() throws {
    guard geteuid() != 0 else { try Test.cancel("root may write anywhere") }
    #expect(chmod(folder.url.path, 0o555) == 0)
    defer { chmod(folder.url.path, 0o755) }
    #expect(throws: FileError.self) {
      try large().saveWeights(to: folder.url.appending(path: "a.safetensors"))
    }
    #expect(try names(folder.url.path) == [])
  }

  @Test func aDeviceIsNotReplaced() throws {
    #expect(throws: FileError.self) { try large().saveWeights(to: URL(filePath: "/dev/full")) }
    var status = stat()
    #expect(stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func aFullDiskKeepsTheCheckpointBefore() throws {
    guard mount("tmpfs", folder.url.path, "tmpfs", 0, "size=64k") == 0 else {
      try Test.cancel("only root may mount a small file system")
    }
    defer { umount(folder.url.path) }
    let file = folder.url.appending(path: "a.safetensors")
    let small = try Model(Samples.line(), threads: 1)
    try small.saveWeights(to: file)
    let before = try Data(contentsOf: file)
    let model = try large()
    let error = #expect(throws: FileError.self) { try model.saveWeights(to: file) }
    #expect(error?.found == "No space left on device")
    #expect(try names(folder.url.path) == ["a.safetensors"])
    #expect(try Data(contentsOf: file) == before)
    // Training ends with the error of its checkpoint, and the model is sound.
    let template = folder.path("{epoch}.safetensors")
    #expect(throws: FileError.self) {
      try model.fit(
        ArrayDataset(
          inputs: [[Float](repeating: 1, count: 100)], inputShape: [100], labels: [0], classes: 300),
        callbacks: [ModelCheckpoint(template)], verbose: false)
    }
    #expect(try names(folder.url.path) == ["a.safetensors"])
    #expect(model.steps == 1)
  }

  @Test func checkpointsHoldTheirEpochsWeights() throws {
    let model = try Model(Samples.personal(), threads: 1)
    var states: [[UInt32]] = []
    try model.fit(
      Samples.images(30), epochs: 3,
      callbacks: [
        ModelCheckpoint(folder.path("new/{epoch:02d}-{loss:.3f}.safetensors")),
        ClosureCallback(epochDidEnd: { _, _, _ in states.append(model.bits) }),
      ], verbose: false)
    let files = try names(folder.path("new"))
    #expect(files.count == 3)
    for (file, state) in zip(files, states) {
      let loaded = try Model(contentsOf: URL(filePath: folder.path("new/\(file)")))
      #expect(loaded.bits == state)
    }
  }
}
