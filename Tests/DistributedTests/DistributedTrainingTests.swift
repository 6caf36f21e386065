import Foundation
import Pinion
import PinionDistributed
import PinionTensor
import PinionTestSupport
import Testing

/// Training over ranks gives the weights and the logs of one process.
@Suite struct DistributedTrainingTests {
  enum Kind: CaseIterable, Sendable {
    case personal, residual, perceptron, wide, shared

    func graph() throws -> Graph {
      let input = Input([8, 8, 3])
      switch self {
      case .personal:
        let leaky = LeakyReLU(negativeSlope: 0.1)
        return try Sequential(input: [8, 8, 3]) {
          BatchNormalization(axis: 1)
          Conv2D(4, kernel: 3, padding: .same, activation: leaky)
          MaxPool2D(padding: .same)
          Dropout(0.25)
          Flatten()
          BatchNormalization()
          Dense(40, activation: leaky)
          Dropout(0.25)
          Dense(3, activation: .softmax)
        }.graph
      case .residual:
        var x = Conv2D(8, kernel: 3, padding: .same, usesBias: false)(input)
        for _ in 0..<2 {
          let y = BatchNormalization()(Conv2D(8, kernel: 3, padding: .same)(Activation(.relu)(x)))
          x = Add()(x, y)
        }
        return try Graph(
          input: input, output: Dense(3, activation: .softmax)(GlobalAveragePooling2D()(x)))
      case .perceptron:
        return try Sequential(input: [8, 8, 3]) {
          Flatten()
          Dense(64, activation: .relu)
          Dense(3, activation: .softmax)
        }.graph
      case .wide:
        // Kernels large enough for blocks of columns, which every rank computes.
        return try Sequential(input: [8, 8, 3]) {
          Flatten()
          Dense(1_400, activation: .gelu)
          Dense(200, activation: .relu)
          Dense(3, activation: .softmax)
        }.graph
      case .shared:
        let (dense, convolution) = (
          Dense(8, activation: .tanh), Conv2D(3, kernel: 3, padding: .same)
        )
        let x = convolution(convolution(input))
        let y = dense(dense(Dense(8)(Flatten()(x))))
        return try Graph(input: input, output: Dense(3, activation: .softmax)(y))
      }
    }
  }

  private static func images(_ count: Int) throws -> ArrayDataset {
    let labels = (0..<count).map { (7 * $0 + $0 / 5) % 3 }
    let inputs = labels.enumerated().map { n, label in
      (0..<192).map { i -> Float in
        let value: Int = ((i + n) * (label + 3)) % 11
        return Float(value) / 11
      }
    }
    return try ArrayDataset(
      inputs: inputs, inputShape: [8, 8, 3], labels: labels, classes: 3, encoding: .oneHot)
  }

  struct Result: Equatable, Sendable {
    var weights: [UInt32]
    var history: [[Double]]
    var evaluation: [Double]
  }

  private static func train(
    _ kind: Kind, on communicator: (any Communicator)? = nil, threads: Int = 1,
    checkpoint: URL? = nil, stopAfter steps: Int? = nil, resumes: Bool = false
  ) throws -> Result {
    let model = try Model(
      kind.graph(), optimizer: Nadam(), loss: .categoricalCrossEntropy(labelSmoothing: 0.1),
      seed: 3, threads: threads)
    if let communicator { try model.distribute(over: communicator) }
    let stop = ClosureCallback(batchDidEnd: { batch, _, run in
      // On one rank alone: the others learn of it.
      if batch + 1 == steps, communicator.map({ $0.rank == $0.size - 1 }) ?? true {
        run.interrupt()
      }
    })
    let history = try model.fit(
      images(100), validation: images(37), epochs: 3, batchSize: 32,
      callbacks: [EarlyStopping(patience: 1, restoreBestWeights: true), stop],
      checkpointing: checkpoint.map { Checkpointing(to: $0, resumes: resumes) }, verbose: false)
    let evaluation = try model.evaluate(images(41), batchSize: 16)
    return Result(
      weights: (model.weights.trainable.array + model.weights.nonTrainable.array).map(\.bitPattern),
      history: ["loss", "accuracy", "val_loss", "val_accuracy"].map { history[$0] },
      evaluation: evaluation.logs.map(\.value))
  }

  @Test(arguments: Kind.allCases) func equalsOneProcess(_ kind: Kind) async throws {
    let reference = try Self.train(kind)
    #expect(reference.history[0].count >= 2)
    for (count, threads) in [(2, 1), (4, 1), (2, 2)] {
      let found = try await ranks(count) { try Self.train(kind, on: $0, threads: threads) }
      for result in found { #expect(result == reference, "\(count) ranks, \(threads) threads") }
    }
  }

  @Test func resumesOnAnotherNumberOfRanks() async throws {
    let reference = try Self.train(.personal)
    for counts in [[4, 2, 1], [1, 4]] {
      let folder = try TemporaryFolder()
      let file = folder.url.appending(path: "checkpoint.safetensors")
      for (number, count) in counts.enumerated() {
        let isLast = number == counts.count - 1
        let found = try await ranks(count) { communicator in
          try Self.train(
            .personal, on: communicator, checkpoint: file,
            stopAfter: isLast ? nil : 2 - number % 2, resumes: true)
        }
        if isLast {
          for result in found { #expect(result == reference, "\(counts)") }
        }
      }
    }
  }

  /// Ranks learn of an interruption by one of them before a batch, instead of waiting for it.
  @Test(.timeLimit(.minutes(10)), arguments: [false, true])
  func interruptionsBeforeABatchReachAll(isBeforeTraining: Bool) async throws {
    let epochs = try await ranks(2) { communicator in
      let model = try Model(
        Kind.perceptron.graph(), loss: .categoricalCrossEntropy(), threads: 1)
      try model.distribute(over: communicator)
      let interrupts = communicator.rank == 1
      let stop = ClosureCallback(
        trainingWillBegin: { run in if interrupts, isBeforeTraining { run.interrupt() } },
        epochWillBegin: { epoch, run in if interrupts, epoch == 1 { run.interrupt() } })
      return try model.fit(
        Self.images(64), epochs: 3, batchSize: 32, callbacks: [stop], verbose: false
      ).epochs
    }
    #expect(epochs == (isBeforeTraining ? [[], []] : [[0], [0]]))
  }

  @Test func namesWhatDiffers() async throws {
    let errors = try await ranks(2) { communicator in
      let model = try Model(
        Kind.perceptron.graph(), optimizer: Nadam(), loss: .categoricalCrossEntropy(),
        seed: UInt64(communicator.rank), threads: 1)
      try model.distribute(over: communicator)
      do {
        try model.fit(
          Self.images(100 - communicator.rank), epochs: 1, batchSize: 32, verbose: false)
        return ""
      } catch {
        return "\(error)"
      }
    }
    for error in errors {
      #expect(error.hasPrefix("rank 1: expected as rank 0, "))
      for part in ["the seed: 0", "training data: 100 samples", "weights: CRC-32"] {
        #expect(error.contains(part), "\(error)")
      }
    }
    #expect(errors[0] == errors[1])
  }

  @Test func refusesTooManyRanks() async throws {
    let errors = try await ranks(8) { communicator in
      let model = try Model(
        Kind.perceptron.graph(), loss: .categoricalCrossEntropy(), threads: 1)
      try model.distribute(over: communicator)
      do {
        try model.fit(Self.images(100), epochs: 1, batchSize: 4, verbose: false)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(Set(errors).count == 1)
    #expect(errors[0].contains("the number of ranks: expected at most"), "\(errors[0])")
  }

  @Test func refusesThreeRanks() throws {
    let model = try Model(Kind.perceptron.graph(), loss: .categoricalCrossEntropy(), threads: 1)
    #expect(throws: TrainingError.self) {
      try model.distribute(over: ThreadCommunicator.group(of: 3)[0])
    }
  }

  @Test func findsTheSampleOfAnotherRank() async throws {
    let images = try Self.images(32)
    let errors = try await ranks(4) { communicator in
      let model = try Model(
        Kind.residual.graph(), loss: .categoricalCrossEntropy(), threads: 1)
      try model.distribute(over: communicator)
      let inputs = AlignedBuffer(count: 32 * 192)
      let targets = AlignedBuffer(count: 32 * 3)
      for index in 0..<32 {
        images.copyInput(at: index, into: inputs.view[index * 192..<(index + 1) * 192])
        images.copyTarget(at: index, into: targets.view[index * 3..<(index + 1) * 3])
      }
      inputs.view[19 * 192 + 5] = .nan
      do {
        try withExtendedLifetime((inputs, targets)) {
          _ = try model.trainStep(inputs: inputs.view, targets: targets.view, count: 32)
        }
        return ""
      } catch {
        return "\(error)"
      }
    }
    for error in errors { #expect(error.contains("of sample 19 of the batch"), "\(error)") }
  }
}
