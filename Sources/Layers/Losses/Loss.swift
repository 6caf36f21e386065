public import PinionTensor

/// A function of an output and its target that training minimizes, and its gradient.
///
/// The library's losses are static members (`loss: .sparseCategoricalCrossEntropy`); users' own
/// conform to this protocol. Weights of samples and of outputs are applied outside of it.
public protocol Loss: Configurable {
  /// The logits from which the loss can be computed instead of the probabilities that it takes.
  /// Default: nil.
  var logitsLink: LogitsLink? { get }

  /// Whether the outputs are interpreted as logits, so that a preceding softmax is an error.
  /// Default: false.
  var takesLogits: Bool { get }

  /// Whether outputs and targets are classes, so that accuracy is defined. Default: false.
  var comparesClasses: Bool { get }

  /// Whether each output is the probability of a positive label, with its own target, so that
  /// binary accuracy is defined. Default: false.
  var isBinary: Bool { get }

  /// The range outside of which a target is an error. The loss of such a target is NaN, which ends
  /// training and evaluation with an error that names the sample. Default: nil, any number.
  var targetRange: ClosedRange<Float>? { get }

  /// The reduction of the losses of a batch to one number; ``evaluate(_:)`` gives those of the
  /// samples either way. Default: their mean.
  var reduction: LossReduction { get }

  /// Throws ``LayerError`` unless targets of shape `target` match outputs of shape `output`, both
  /// for one sample.
  func validate(output: Shape, target: Shape) throws

  /// Writes the loss of each sample and, if requested, its gradient with respect to the outputs.
  func evaluate(_ context: LossContext)
}

extension Loss {
  public var logitsLink: LogitsLink? { nil }
  public var takesLogits: Bool { false }
  public var comparesClasses: Bool { false }
  public var isBinary: Bool { false }
  public var targetRange: ClosedRange<Float>? { nil }
  public var reduction: LossReduction { .mean }
}

extension Loss {
  /// The name in logs, as Keras's: `mean_squared_error`, `binary_crossentropy`.
  package static var logName: String {
    let words = GraphBuilder.snakeCase(typeName).split(separator: "_")
    return words.indices.reduce("") { name, index in
      let joins = index == 0 || (words[index] == "entropy" && words[index - 1] == "cross")
      return name + (joins ? "" : "_") + words[index]
    }
  }

  /// Throws ``LayerError`` that suggests ``Flatten`` if the outputs have several axes and the
  /// targets are those of a vector, as `isVector` says.
  static func requireFlat(
    _ output: Shape, unlike target: Shape, if isVector: Bool
  ) throws {
    try LayerError.require(
      output.rank < 2 || output == target || !isVector,
      "the network puts out \(output) for each sample, a row of \(output[output.rank - 1]) for "
        + "each of \(output.dropLast().reduce(1, *)) positions: put Flatten() before its first Dense "
        + "layer, or give targets for each position",
      received: "targets of shape \(target)")
  }
}

/// The arguments of a loss: outputs and targets of n samples, and memory for the results.
public struct LossContext {
  /// (n, output shape).
  public let outputs: MemoryView<Float>
  /// (n, target shape).
  public let targets: MemoryView<Float>
  /// Whether the outputs are the logits of ``Loss/logitsLink`` instead of the network's outputs.
  public let areLogits: Bool
  /// Memory for the losses, (n,).
  public let losses: MemoryView<Float>
  /// Memory for the gradients, of the outputs' shape; nil if none are needed.
  public let gradients: MemoryView<Float>?
  /// Factor of the gradients: 1 over the batch size, for the gradient of the batch's mean, times
  /// the loss's weight.
  public let gradientScale: Float
  /// The size of the last axis of the outputs.
  public let classes: Int
  /// The shape of a sample's output.
  public let outputShape: Shape

  /// The number of samples, n.
  public var sampleCount: Int { losses.count }

  /// - Parameter outputShape: Default: (C,), one axis.
  public init(
    outputs: MemoryView<Float>, targets: MemoryView<Float>, areLogits: Bool,
    losses: MemoryView<Float>, gradients: MemoryView<Float>?, gradientScale: Float, classes: Int,
    outputShape: Shape? = nil
  ) {
    self.outputs = outputs
    self.targets = targets
    self.areLogits = areLogits
    self.losses = losses
    self.gradients = gradients
    self.gradientScale = gradientScale
    self.classes = classes
    self.outputShape = outputShape ?? [classes]
  }
}

/// The reduction of the losses of a batch to the number that training minimizes.
public enum LossReduction: String, Sendable, Codable {
  /// Σ w·l / N over the N samples, also with weights w: Keras's `sum_over_batch_size`.
  case mean
  /// Σ w·l over the samples and the positions of each, which are all axes of an output but the
  /// last: Keras's `sum`.
  case sum
}

/// A loss whose batches are summed instead of averaged, as Keras's `reduction="sum"`.
///
/// ```swift
/// let model = try Model(network, loss: .sum(.meanSquaredError))
/// ```
/// Gradients grow with the size of the batch, the last, smaller batch has smaller ones, and logs
/// hold the mean over batches of their sums, each weighted by its number of samples.
public struct SummedLoss: Loss {
  @Configured public private(set) var base: any Loss

  public init(_ base: any Loss) { _base = Configured(wrappedValue: base) }

  public var reduction: LossReduction { .sum }
  public var logitsLink: LogitsLink? { base.logitsLink }
  public var takesLogits: Bool { base.takesLogits }
  public var comparesClasses: Bool { base.comparesClasses }
  public var isBinary: Bool { base.isBinary }
  public var targetRange: ClosedRange<Float>? { base.targetRange }

  public func validate(output: Shape, target: Shape) throws {
    try base.validate(output: output, target: target)
  }

  public func evaluate(_ context: LossContext) { base.evaluate(context) }
}

extension Loss where Self == SummedLoss {
  /// A loss whose batches are summed instead of averaged.
  public static func sum(_ loss: some Loss) -> SummedLoss { SummedLoss(loss) }
}

/// The shared functions of losses that are a mean over the elements of a sample.
enum Elementwise {
  /// Writes Σ fᵢ / n of each sample, f being computed from an output and its target, and fᵢ′ / n.
  ///
  /// Four partial sums in a fixed order, so that their additions overlap.
  @inline(__always)
  static func evaluate(
    _ context: LossContext,
    _ function: (_ output: Double, _ target: Double) -> (value: Double, slope: Double)
  ) {
    require(
      context.targets.count == context.outputs.count
        && (context.gradients?.count ?? context.outputs.count) == context.outputs.count,
      "outputs, targets and gradients of different sizes")
    let size = context.outputs.count / max(1, context.sampleCount)
    let scale = Double(context.gradientScale) / Double(size)
    for sample in 0..<context.sampleCount {
      let outputs = context.outputs.base + sample * size
      let targets = context.targets.base + sample * size
      let gradients = context.gradients.map { $0.base + sample * size }
      @inline(__always) func value(_ i: Int) -> Double {
        let (value, slope) = function(Double(outputs[i]), Double(targets[i]))
        if let gradients { gradients[i] = Float(scale * slope) }
        return value
      }
      var sums = SIMD4<Double>.zero
      var i = 0
      while i + 4 <= size {
        sums += SIMD4(value(i), value(i + 1), value(i + 2), value(i + 3))
        i += 4
      }
      var sum = (sums[0] + sums[1]) + (sums[2] + sums[3])
      while i < size {
        sum += value(i)
        i += 1
      }
      context.losses[sample] = Float(sum / Double(size))
    }
  }

  /// −1, 0 or 1.
  @inline(__always)
  static func sign(_ number: Double) -> Double { number > 0 ? 1 : number < 0 ? -1 : 0 }
}

extension Loss {
  /// Throws ``LayerError`` unless the targets have the output's shape.
  static func requireEqualShapes(_ output: Shape, _ target: Shape, for name: String) throws {
    try requireFlat(output, unlike: target, if: target.rank <= 1)
    try LayerError.require(
      output == target, "\(name) needs targets of the output's shape \(output)",
      received: "targets of shape \(target)")
  }
}
