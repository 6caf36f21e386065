import Foundation
import Pinion
import Testing

/// Every optimizer, schedule, wrapper, metric and callback with a state resumes to the bit.
///
/// A new one is a row in ``cases``; ``everyTypeHasARow()`` fails without it.
@Suite struct ResumptionTests {
  /// A run that is stopped and resumed.
  struct Case: Sendable, CustomTestStringConvertible {
    let optimizer: any Optimizer
    let metrics: @Sendable () throws -> [any Metric]
    /// New callbacks, which may write to a folder.
    let callbacks: @Sendable (_ folder: String) -> [any Callback]

    init(
      _ optimizer: some Optimizer,
      metrics: @escaping @Sendable () throws -> [any Metric] = { [Accuracy()] },
      callbacks: @escaping @Sendable (_ folder: String) -> [any Callback] = { _ in [] }
    ) {
      self.optimizer = optimizer
      self.metrics = metrics
      self.callbacks = callbacks
    }

    /// A schedule under an optimizer with slots.
    init(rate: LearningRate) { self.init(SGD(learningRate: rate, momentum: 0.9)) }

    /// Callbacks that share a run.
    init(_ callbacks: @escaping @Sendable (_ folder: String) -> [any Callback]) {
      self.init(Adam(learningRate: 0.01), callbacks: callbacks)
    }

    var testDescription: String {
      "\(optimizer)\(callbacks("").map { " \(type(of: $0))" }.joined())"
    }
  }

  // The periods of wrappers and schedules do not divide the 3, 6 and 16 batches after which runs
  // stop.
  static let cases: [Case] = [
    Case(SGD(learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01)),
    Case(Adam(learningRate: 0.01, amsgrad: true, clipping: .value(0.01))),
    Case(
      AdamW(
        learningRate: 0.01, clipping: .globalNorm(0.5),
        parameterRules: [ParameterRule(role: .bias, learningRateMultiplier: 2, weightDecay: 0)])),
    Case(
      Nadam(
        learningRate: 0.01,
        parameterRules: [ParameterRule(name: "dense", learningRateMultiplier: 0.5)])),
    Case(Adamax(learningRate: 0.01)),
    Case(RMSprop(learningRate: 0.01, momentum: 0.5, centered: true, clipping: .norm(0.5))),
    Case(Adagrad(learningRate: 0.05)), Case(Adadelta(learningRate: 1)),
    Case(Lion(weightDecay: 0.1)), Case(LAMB(learningRate: 0.01)), Case(LARS(nesterov: true)),
    Case(Muon(learningRate: 0.01)),

    Case(rate: .exponentialDecay(initialLearningRate: 0.05, decaySteps: 5, decayRate: 0.5)),
    Case(rate: .inverseTimeDecay(initialLearningRate: 0.05, decaySteps: 5, decayRate: 0.5)),
    Case(rate: .cosineDecay(initialLearningRate: 0.05, decaySteps: 14)),
    Case(rate: .cosineDecayRestarts(initialLearningRate: 0.05, firstDecaySteps: 5)),
    Case(rate: .piecewiseConstantDecay(boundaries: [2, 7], values: [0.05, 0.02, 0.01])),
    Case(rate: .polynomialDecay(initialLearningRate: 0.05, decaySteps: 14)),
    Case(rate: .warmup(steps: 5, then: .oneCycle(maximumRate: 0.1, totalSteps: 20))),
    Case(rate: .cyclic(baseRate: 0.01, maximumRate: 0.1, riseSteps: 5)),
    Case(rate: .byEpoch(stepsPerEpoch: 4, .cosineDecay(initialLearningRate: 0.05, decaySteps: 5))),

    Case(GradientAccumulation(Adam(learningRate: 0.01), steps: 4)),
    Case(Lookahead(Adam(learningRate: 0.01), synchronizationPeriod: 5)),
    Case(
      ExponentialMovingAverage(Adam(learningRate: 0.01), momentum: 0.8, overwriteFrequency: 5)),
    Case(
      ExponentialMovingAverage(
        Lookahead(
          GradientAccumulation(AdamW(learningRate: 0.01, clipping: .globalNorm(0.5)), steps: 4),
          synchronizationPeriod: 2), momentum: 0.7, isUsedAtEpochEnd: true),
      callbacks: { _ in
        [StochasticWeightAveraging(startEpoch: 1, learningRate: 0.005)]
      }),

    Case { _ in [StochasticWeightAveraging(startEpoch: 1, interval: 2)] },
    Case { _ in [EarlyStopping(monitor: "accuracy", patience: 1, restoreBestWeights: true)] },
    // No epoch is an improvement, so that both count.
    Case { _ in
      [
        ReduceLROnPlateau(monitor: "loss", factor: 0.5, patience: 2, minDelta: 9, cooldown: 1),
        EarlyStopping(minDelta: 9, patience: 3, restoreBestWeights: true),
      ]
    },
    Case { folder in
      [
        LearningRateScheduler { _, rate in rate * 0.7 }, CSVLogger("\(folder)/log.csv"),
        ModelCheckpoint("\(folder)/{epoch}.safetensors", monitor: "loss", saveBestOnly: true),
      ]
    },

    Case(
      SGD(),
      metrics: {
        [
          Accuracy(), try TopKAccuracy(k: 2), BinaryAccuracy(), BrierScore(),
          try ExpectedCalibrationError(bins: 5), try AUC(), try AUC(thresholds: nil),
          CohenKappa(), MatthewsCorrelation(), MeanIoU(), Precision(), Recall(), try FBetaScore(),
          RootMeanSquaredError(), R2Score(), LossMetric(.meanAbsoluteError),
        ]
      }),
  ]

  /// Ends a run: by an interruption, which writes a checkpoint, or an error, which loses what came
  /// after the last one.
  private final class Stop: Callback {
    struct Failure: Error {}

    private var left: Int
    private let fails: Bool
    private(set) var happened = false
    var isCheckpointed: Bool { false }

    init(after batches: Int, fails: Bool) { (left, self.fails) = (batches, fails) }

    func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {
      left -= 1
      guard left == 0 else { return }
      happened = true
      if fails { throw Failure() }
      run.interrupt()
    }
  }

  /// A folder of a run, emptied before each one: its path is a part of some callbacks' states.
  private struct Folder: ~Copyable {
    private let url = FileManager.default.temporaryDirectory
      .appending(path: "pinion-resumption-\(UUID().uuidString)")

    var path: String { url.path }
    var checkpoint: URL { url.appending(path: "checkpoint") }

    func empty() throws {
      try? FileManager.default.removeItem(at: url)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func contents() throws -> [String: Data] {
      let names = try FileManager.default.contentsOfDirectory(atPath: url.path)
      return try Dictionary(
        uniqueKeysWithValues: names.map { name in
          (name, try Data(contentsOf: url.appending(path: name)))
        })
    }

    deinit { try? FileManager.default.removeItem(at: url) }
  }

  /// What a run leaves: the final checkpoint among the files holds the optimizer's and the
  /// callbacks' states.
  private struct Outcome {
    let bits: [UInt32]
    let history: History
    let files: [String: Data]

    var names: Set<String> { Set(files.keys) }

    func differing(from other: Outcome) -> [String] {
      names.union(other.names).filter { files[$0] != other.files[$0] }.sorted()
    }
  }

  /// Trains for four epochs of four batches, in a new model after each stop.
  private func run(
    _ row: Case, threads: Int, stops: [Stop], _ folder: borrowing Folder
  ) throws -> Outcome {
    try folder.empty()
    let data = try Samples.images(40, encoding: .oneHot)
    func session(_ stop: Stop?) throws -> (Model, History) {
      func model(_ optimizer: some Optimizer) throws -> Model {
        try Model(
          Samples.personal(), optimizer: optimizer, loss: .categoricalCrossEntropy,
          metrics: row.metrics(), seed: 3, threads: threads)
      }
      let model = try model(row.optimizer)
      let history = try model.fit(
        data, validation: data.prefix(15), epochs: 4, batchSize: 10,
        callbacks: row.callbacks(folder.path) + (stop.map { [$0] } ?? []),
        checkpointing: Checkpointing(to: folder.checkpoint, every: .batches(2), resumes: true),
        verbose: false)
      return (model, history)
    }
    for stop in stops {
      do { _ = try session(stop) } catch is Stop.Failure {}
      #expect(stop.happened)
    }
    let (model, history) = try session(nil)
    return Outcome(bits: model.bits, history: history, files: try folder.contents())
  }

  @Test(arguments: cases) func stoppedRunEndsWithTheSameBits(row: Case) throws {
    let folder = Folder()
    let whole = try run(row, threads: 1, stops: [], folder)
    #expect(whole.history.epochs.count >= 3)
    for threads in [1, 2, 3] {
      // In the middle of the first epoch, and after a seventh batch, of which the checkpoint after
      // the sixth knows nothing.
      let resumed = try run(
        row, threads: threads, stops: [Stop(after: 3, fails: false), Stop(after: 4, fails: true)],
        folder)
      #expect(resumed.bits == whole.bits, "\(threads) threads")
      #expect(resumed.history == whole.history, "\(threads) threads")
      #expect(resumed.differing(from: whole) == [], "\(threads) threads")
    }
  }

  // MARK: Coverage

  /// All declarations that match a pattern with one group, in the sources of the modules of
  /// `Pinion`. Other products have tests of their own.
  private static func declarations(
    _ pattern: Regex<(Substring, Substring)>, inFilesWith text: String = ""
  ) throws -> Set<String> {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    var names: Set<String> = []
    for case let file as URL in files ?? .init()
    where file.pathExtension == "swift" && !file.path.contains("/Sources/Interchange/") {
      let source = try String(contentsOf: file, encoding: .utf8)
      guard text.isEmpty || source.contains(text) else { continue }
      for match in source.matches(of: pattern) { names.insert(String(match.1)) }
    }
    return names
  }

  private static func kind(_ clipping: GradientClipping) -> String {
    switch clipping {
    case .value: "value"
    case .norm: "norm"
    case .globalNorm: "global norm"
    }
  }

  @Test func everyTypeHasARow() throws {
    var found: Set<String> = []
    var clippings: Set<String> = []
    for row in Self.cases {
      found.insert(type(of: row.optimizer).typeName)
      // With the types of schedules and of wrapped optimizers.
      let json = String(decoding: try JSONEncoder().encode(row.optimizer), as: UTF8.self)
      for match in json.matches(of: /"type":"(\w+)"/) { found.insert(String(match.1)) }
      if let clipping = row.optimizer.clipping { clippings.insert(Self.kind(clipping)) }
      for callback in row.callbacks("") { found.insert("\(type(of: callback))") }
      for metric in try row.metrics() {
        found.insert("\(type(of: metric))".prefix { $0 != "<" } + "")
      }
    }
    #expect(clippings.count == 3)
    let rules = Set(TypeRegistry.optimizerTypes.map { $0.typeName })
    #expect(rules.subtracting(found) == [])
    let callbacks = try Self.declarations(
      /\n(?:public |package )?final class (\w+): Callback/, inFilesWith: "func saveState()")
    #expect(callbacks.count >= 5)
    #expect(callbacks.subtracting(found) == [])
    let metrics = try Self.declarations(/\npublic struct (\w+)(?:<[^>]*>)?: (?:Weighted)?Metric\b/)
    #expect(metrics.count >= 15)
    #expect(metrics.subtracting(found) == [])
  }
}
