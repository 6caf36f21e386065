public import PinionLayers
public import PinionMetrics
public import PinionTensor

/// The loss and the metrics of an output of a network.
public struct OutputObjective: Sendable {
  /// The output's name in the graph.
  public let name: String
  public let loss: any Loss
  /// Factor of the loss in the total loss.
  public let weight: Double
  /// Reported besides the loss; they do not affect training. Every sample counts once.
  public let metrics: [any Metric]
  /// Reported as well; samples count as their weights say.
  public let weightedMetrics: [any Metric]
  /// The output's shape, of one sample.
  let shape: Shape

  /// The size of the output's last axis.
  var classes: Int { shape.last ?? 1 }
}

/// A value for each output of a network: a list in the order of the outputs, or a dictionary by
/// their names.
///
/// ```swift
/// losses: ["digit": .sparseCategoricalCrossEntropy, "angle": .meanSquaredError]
/// losses: [.sparseCategoricalCrossEntropy, .meanSquaredError]
/// ```
public struct PerOutput<Value> {
  private enum Storage {
    case list([Value])
    case named([(name: String, value: Value)])
  }

  private let storage: Storage

  /// The values in the order of the outputs.
  public init(_ values: [Value]) { storage = .list(values) }
}

extension PerOutput: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  public init(arrayLiteral elements: Value...) { self.init(elements) }

  public init(dictionaryLiteral elements: (String, Value)...) {
    storage = .named(elements.map { (name: $0.0, value: $0.1) })
  }
}

extension PerOutput {
  /// The values in the order of the outputs. An output without a value gets `missing`.
  ///
  /// Throws ``TrainingError/argument(_:expected:found:)`` if a list has another length, a name is
  /// not that of an output or occurs twice, or a value is missing and `missing` is nil.
  func resolved(
    for outputs: [String], argument: String, missing: Value? = nil
  ) throws(TrainingError) -> [Value] {
    switch storage {
    case .list(let values):
      guard values.count == outputs.count else {
        throw .argument(
          argument, expected: "\(outputs.count), one for each output: \(Self.list(outputs))",
          found: "\(values.count)")
      }
      return values
    case .named(let pairs):
      let names = pairs.map(\.name)
      let isValid = Set(names).count == names.count && Set(names).isSubset(of: outputs)
      guard isValid, missing != nil || names.count == outputs.count else {
        throw .argument(
          argument, expected: "one for each output: \(Self.list(outputs))",
          found: Self.list(names))
      }
      return outputs.compactMap { name in pairs.first { $0.name == name }?.value ?? missing }
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.map(\.debugDescription).joined(separator: ", ")
  }
}

extension OutputObjective {
  /// The objectives of a graph's outputs.
  ///
  /// - Parameters:
  ///   - metrics: Nil for the default: ``Accuracy`` where the loss compares classes,
  ///     ``BinaryAccuracy`` under its name where each output is a binary prediction, with the
  ///     threshold of logits if the loss takes them.
  ///   - weightedMetrics: Nil for none.
  ///
  /// Throws ``TrainingError/argument(_:expected:found:)`` if arguments and outputs do not match, a
  /// weight is negative or not finite, or a weighted metric has no weighted form.
  static func objectives(
    for graph: Graph, losses: PerOutput<any Loss>, weights: PerOutput<Double>?,
    metrics: PerOutput<[any Metric]>?, weightedMetrics: PerOutput<[any Metric]>? = nil
  ) throws(TrainingError) -> [OutputObjective] {
    let names = graph.outputNames
    let losses = try losses.resolved(for: names, argument: "losses")
    let weights =
      try weights?.resolved(for: names, argument: "lossWeights") ?? names.map { _ in 1 }
    for weight in weights where !(weight >= 0 && weight.isFinite) {
      throw .argument("lossWeights", expected: "0 or more, finite", found: "\(weight)")
    }
    let metrics =
      try metrics?.resolved(for: names, argument: "metrics", missing: [])
      ?? losses.map {
        $0.comparesClasses
          ? [Accuracy()]
          : $0.isBinary
            ? [BinaryAccuracy(threshold: $0.binaryThreshold, name: "accuracy")] : []
      }
    let weighted =
      try weightedMetrics?.resolved(for: names, argument: "weightedMetrics", missing: [])
      ?? names.map { _ in [] }
    for metric in weighted.joined() where !(metric is any WeightedMetric) {
      throw .argument(
        "weightedMetrics", expected: "metrics with a weighted form, of type WeightedMetric",
        found: metric.name.debugDescription)
    }
    return names.indices.map {
      OutputObjective(
        name: names[$0], loss: losses[$0], weight: weights[$0], metrics: metrics[$0],
        weightedMetrics: weighted[$0],
        shape: graph.outputShapes[$0])
    }
  }
}

extension Loss {
  /// The largest output that is a negative binary prediction: ½ of probabilities, 0 of logits.
  var binaryThreshold: Float { takesLogits ? 0 : 0.5 }
}

extension Graph {
  /// The names of the outputs, in order.
  var outputNames: [String] { outputs.map { self[$0].name } }
}

/// A loss as a metric: Σ w·l / Σ w over the samples, w being 1 without weights.
///
/// ```swift
/// metrics: [LossMetric(.meanAbsoluteError), RootMeanSquaredError()]
/// ```
/// The loss reads the network's outputs: probabilities, which it clips, even if it is computed from
/// logits in training.
public struct LossMetric<Measured: Loss>: WeightedMetric, Equatable, Codable {
  public let loss: Measured
  public let name: String
  private var mean = RunningMean()

  /// - Parameter name: Default: the loss's in Keras's spelling, such as `mean_absolute_error`.
  public init(_ loss: Measured, name: String? = nil) {
    self.loss = loss
    self.name = name ?? Measured.logName
  }

  public var higherIsBetter: Bool { false }

  /// 0 without samples.
  public var value: Double { mean.value }

  public mutating func reset() { mean = RunningMean() }

  public func validate(output: Shape, target: Shape) throws {
    try loss.validate(output: output, target: target)
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says, the loss does not
  /// take targets of their size, or a weight is negative or not finite; then the metric is
  /// unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try checkSizes(of: batch)
    try batch.checkWeights()
    let losses = AlignedBuffer(count: batch.count)
    loss.evaluate(
      LossContext(
        outputs: batch.predictions, targets: batch.targets, areLogits: false,
        losses: losses.view, gradients: nil, gradientScale: 1, classes: batch.classes,
        outputShape: batch.outputShape))
    for sample in 0..<batch.count {
      mean.add(
        Double(losses.view[sample]), weight: batch.weights.map { Double($0[sample]) } ?? 1)
    }
  }

  /// Throws unless outputs and targets have sizes that the loss takes, which does not check them
  /// itself.
  private func checkSizes(of batch: MetricBatch) throws(ArgumentError) {
    let (samples, divisor, shape) = (batch.count, Swift.max(1, batch.count), batch.outputShape)
    let (outputs, targets) = (batch.predictions.count, batch.targets.count)
    guard samples >= 0, outputs.isMultiple(of: divisor),
      outputs / divisor == (samples == 0 ? 0 : shape.checkedElementCount)
    else {
      throw ArgumentError(
        place: "the predictions", expected: "outputs of shape \(shape) of \(samples) samples",
        found: "\(outputs) numbers")
    }
    guard targets.isMultiple(of: divisor),
      samples == 0 ? targets == 0 : takesTargets(of: targets / divisor, for: shape)
    else {
      throw ArgumentError(
        place: "the targets under the metric \"\(name)\"",
        expected: "those of \(samples) outputs of shape \(shape)", found: "\(targets) numbers")
    }
  }

  /// Whether the loss takes targets of `size` numbers for outputs of a shape.
  ///
  /// A batch has no target shape: those of the library's losses are tried, and a vector. True for a
  /// loss that takes none of them, whose targets are of an unknown shape.
  private func takesTargets(of size: Int, for output: Shape) -> Bool {
    let rows = Array(output.dropLast())
    var shapes: [Shape] = [
      output, Shape(rows + [1]), Shape(rows + [1 + (output.last ?? 0)]), Shape([size]),
    ]
    if !rows.isEmpty { shapes.append(Shape(rows)) }
    func isTaken(_ target: Shape) -> Bool {
      (try? loss.validate(output: output, target: target)) != nil
    }
    return shapes.contains { $0.elementCount == size && isTaken($0) }
      || !shapes.contains(where: isTaken)
  }
}
