import Foundation
import Glibc
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Files of runs. `check_tensorboard.py FOLDER` reads them by TensorBoard if the folder is named by
/// PINION_TENSORBOARD_FOLDER.
@Suite struct TensorBoardTests {
  private struct Killed: Error {}

  private let scratch: TemporaryFolder
  private let folder: URL

  init() throws {
    scratch = try TemporaryFolder()
    folder =
      ProcessInfo.processInfo.environment["PINION_TENSORBOARD_FOLDER"].map { URL(filePath: $0) }
      ?? scratch.url
  }

  /// The runs of a folder, which remains.
  init(in folder: URL) throws {
    scratch = try TemporaryFolder()
    self.folder = folder
  }

  private func data() throws -> ArrayDataset {
    let stream = RandomStream(seed: 1, stream: 0)
    let inputs = Tensor.uniform(shape: [20, 4], from: stream)
    return try ArrayDataset(inputs: inputs, labels: (0..<20).map { $0 % 2 }, classes: 2)
  }

  private func model(threads: Int = 1) throws -> Model {
    try Model(
      Sequential(input: [4]) {
        Dense(3, activation: .relu)
        BatchNormalization()
        Dense(2, activation: .softmax)
      },
      seed: 1, threads: threads)
  }

  /// Trains for four epochs of three batches, unless killed after a batch of an epoch: by an error,
  /// or by `kill -9`.
  @discardableResult
  private func train(
    _ name: String, killedAt place: (epoch: Int, batch: Int)? = nil, bySignal: Bool = false,
    checkpoint: URL? = nil, threads: Int = 1
  ) throws -> Model {
    let (model, data) = (try model(threads: threads), try data())
    var epoch = 0
    let board = TensorBoard(
      folder.appending(path: name), batchInterval: 2, graphOf: model.graph,
      histogramsOf: model.network, gradients: { try model.gradients(of: data) },
      hyperparameters: ["rate": 0.001, "optimizer": "adam"],
      onEpochEnd: { writer, epoch in
        try writer.confusionMatrix("confusion", model.confusionMatrix(of: data), step: epoch)
        try writer.text("epoch", "**\(epoch)**", step: epoch)
      })
    let killer = ClosureCallback(
      epochWillBegin: { number, _ in epoch = number },
      batchDidEnd: { batch, _, _ in
        guard let place, place == (epoch, batch) else { return }
        if bySignal { kill(getpid(), SIGKILL) }
        throw Killed()
      })
    try model.fit(
      data, validation: data, epochs: 4, batchSize: 7, callbacks: [board, killer],
      checkpointing: checkpoint.map { Checkpointing(to: $0, resumes: true) }, verbose: false)
    return model
  }

  /// The values of a run without those that tell times: tag, step and the encoded value.
  private func values(_ name: String) throws -> [String] {
    try ["train", "validation"].flatMap { subfolder in
      try EventRecords(folder: folder.appending(path: "\(name)/\(subfolder)")).values
        .filter { $0.tag != "_hparams_/session_start_info" }
        .map { "\(subfolder) \($0.tag) \($0.step) \($0.value.fields.map(\.value))" }
    }
  }

  /// A file in the place of a subfolder.
  @Test(arguments: ["train", "validation"])
  func subfoldersAreExaminedBeforeTheFirstStep(name: String) throws {
    try scratch.write([], to: "board/\(name)")
    let path = scratch.url.appending(path: "board").path
    let (model, data) = (try model(), try data())
    let error = #expect(throws: FileError.self) {
      try model.fit(data, validation: data, callbacks: [TensorBoard(path)], verbose: false)
    }
    #expect(error?.file == "\(path)/\(name)")
    #expect(model.steps == 0)
    guard name == "validation" else { return }
    try model.fit(data, callbacks: [TensorBoard(path)], verbose: false)
  }

  @Test func valuesOfARun() throws {
    let model = try train("whole")
    let training = try EventRecords(folder: folder.appending(path: "whole/train")).values
    let validation = try EventRecords(folder: folder.appending(path: "whole/validation")).values
    func steps(_ tag: String) -> [Int] { training.filter { $0.tag == tag }.map(\.step) }
    for tag in [
      "epoch_loss", "epoch_accuracy", "epoch_learning_rate", "dense/kernel", "dense_1/bias",
      "gradients/dense/kernel", "gradients/batch_normalization/gamma", "confusion", "epoch",
    ] { #expect(steps(tag) == [0, 1, 2, 3], "\(tag)") }
    #expect(steps("batch_loss") == [0, 2, 4, 6, 8, 10])
    #expect(steps("batch_accuracy") == steps("batch_loss"))
    #expect(steps("_hparams_/session_start_info") == [0])
    #expect(
      validation.map { "\($0.tag) \($0.step)" }
        == (0..<4).flatMap { ["epoch_accuracy \($0)", "epoch_loss \($0)"] })
    let rates = training.filter { $0.tag == "epoch_learning_rate" }.map { $0.value.float(2) }
    #expect(rates == [0.001, 0.001, 0.001, 0.001])
    // Each gradient's elements are counted, and no step of the training is another for it.
    let gradient = try #require(training.first { $0.tag == "gradients/dense/kernel" }).value
    let histogram = try gradient.message(5)
    #expect(histogram.double(3) == 12 && (histogram.double(1) ?? 0) < (histogram.double(2) ?? 0))
    let plain = try self.model()
    try plain.fit(data(), epochs: 4, batchSize: 7, verbose: false)
    #expect(model.network.weights.trainable.array == plain.network.weights.trainable.array)
    #expect(model.network.weights.nonTrainable.array == plain.network.weights.nonTrainable.array)
  }

  /// Killed before the first checkpoint, after the second, again before a third, and resumed.
  @Test(arguments: [1, 2, 3]) func resumedRunsHaveEachStepOnce(threads: Int) throws {
    // The cases run side by side, in one folder if that is given.
    let (killed, whole) = ("killed_\(threads)", "uninterrupted_\(threads)")
    try train(whole)
    let checkpoint = scratch.url.appending(path: "checkpoint")
    for kill in [(0, 1), (2, 1), (2, 2), (3, 0)] {
      #expect(throws: Killed.self) {
        try train(killed, killedAt: kill, checkpoint: checkpoint, threads: threads)
      }
    }
    try train(killed, checkpoint: checkpoint, threads: threads)
    let (found, expected) = (try values(killed), try values(whole))
    #expect(found == expected)
  }

  /// The same in processes that `kill -9` ends.
  @Test func killedProcessesHaveEachStepOnce() async throws {
    try train("unsignaled")
    let checkpoint = scratch.url.appending(path: "checkpoint")
    for (epoch, batch) in [(0, 1), (2, 1), (3, 0)] {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [
          folder = folder.path as String, file = checkpoint.path as String, epoch = epoch as Int,
          batch = batch as Int
        ] in
        try TensorBoardTests(in: URL(filePath: folder)).train(
          "signaled", killedAt: (epoch, batch), bySignal: true, checkpoint: URL(filePath: file))
      }
    }
    try train("signaled", checkpoint: checkpoint)
    let (killed, whole) = (try values("signaled"), try values("unsignaled"))
    #expect(killed == whole)
  }
}
