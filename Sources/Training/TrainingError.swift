internal import PinionLayers
public import PinionTensor

/// An error of training, evaluation or prediction.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The origin of a number that is not finite.
  public enum Origin: Sendable, Equatable, CustomStringConvertible {
    /// An input, by the sample's position in the batch.
    case input(sample: Int)
    /// A target that is not finite or not one that the loss takes, and the sample's position in the
    /// batch.
    case target(sample: Int, value: Float)
    /// A parameter.
    case parameter(String)
    /// The first layer whose output is not finite although its inputs and parameters are.
    case layer(String)
    /// A slot of the optimizer.
    case optimizerState(parameter: String, slot: String)
    /// The loss itself.
    case loss

    public var description: String { PrintableText.escaped(text) }

    private var text: String {
      switch self {
      case .input(let sample): "an input that is not finite, of sample \(sample) of the batch"
      case .target(let sample, let value): "the target \(value) of sample \(sample) of the batch"
      case .parameter(let name): "the parameter \"\(name)\", which is not finite"
      case .layer(let name): "layer \"\(name)\", the first with an output that is not finite"
      case .optimizerState(let parameter, let slot):
        "the optimizer's \(slot) of \"\(parameter)\", which is not finite"
      case .loss: "the loss itself"
      }
    }
  }

  /// A loss became NaN or infinite. Epochs and batches count from 0. The weights are those before
  /// the batch.
  case nonFiniteLoss(epoch: Int?, batch: Int?, origin: Origin)
  /// The gradient of a parameter became NaN or infinite while the losses are finite. The weights
  /// are those before the batch.
  ///
  /// The parameter is the first in the order of the backward pass. The sample, by its position in
  /// the batch, is the first with such a gradient of its own; nil if no sample has one or all have.
  case nonFiniteGradient(epoch: Int?, batch: Int?, parameter: String, sample: Int?)
  /// An update by finite gradients left numbers that are not finite, or weights under which the
  /// same batch has no finite loss.
  ///
  /// The model is as before the batch, unless the origin is a layer or the loss, which are checked
  /// at the end of an epoch, or gradients below 10¹⁸ at a rate up to 10⁶ overflowed. The sample, by
  /// its position in the batch, is the one whose gradient exceeds ten times every other one's.
  case nonFiniteUpdate(epoch: Int?, batch: Int?, origin: Origin, sample: Int?)
  /// A target of an evaluated data set, by its position in the set, is not a class index.
  case target(sample: Int, value: Float, classes: Int)
  /// A target of an evaluated data set, by its position in the set, is outside the range of the
  /// loss.
  case targetRange(sample: Int, value: Float, expected: ClosedRange<Float>)
  /// The values of an output are not of the kind that its loss takes, such as probabilities.
  case outputs(layer: String, expected: String, found: String)
  /// The targets of a data set do not match one of several outputs.
  case output(name: String, problem: String)
  /// A data set has no samples.
  case noSamples(String)
  /// The shape of a data set's input is not that of the network's; the name is that of one of
  /// several inputs.
  case inputShape(name: String? = nil, expected: Shape, found: Shape)
  /// A tensor is not a batch of inputs: after the batch axis, the shape of an input is expected.
  case batchShape(expected: Shape, found: Shape)
  /// The classes of a data set do not have the model's indices.
  case classNames(dataset: String, expected: [String], found: [String])
  /// An argument is outside its range or does not match the network.
  case argument(String, expected: String, found: String)

  /// One line, control characters escaped.
  public var description: String { PrintableText.escaped(text) }

  private var text: String {
    switch self {
    case .nonFiniteLoss(let epoch, let batch, let origin):
      return "the loss is not finite\(Self.place(epoch, batch)): it comes from \(origin)"
    case .nonFiniteGradient(let epoch, let batch, let parameter, let sample):
      return "the gradient of \"\(parameter)\" is not finite\(Self.place(epoch, batch)), "
        + "though the loss is" + (sample.map { ": it comes from sample \($0) of the batch" } ?? "")
    case .nonFiniteUpdate(let epoch, let batch, let origin, let sample):
      return "the update\(Self.place(epoch, batch)) overflows, found in \(origin)"
        + (sample.map { "; it comes from sample \($0) of the batch" } ?? "")
    case .target(let sample, let value, let classes):
      return "sample \(sample) of the evaluated data set has the target \(value); "
        + "the network tells the classes 0 to \(classes - 1) apart"
    case .targetRange(let sample, let value, let range):
      return "sample \(sample) of the evaluated data set has the target \(value); "
        + "the loss takes targets in \(range)"
    case .outputs(let layer, let expected, let found):
      return "layer \"\(layer)\", the network's last: expected \(expected), found \(found)"
    case .output(let name, let problem):
      return "output \(name.debugDescription): \(problem)"
    case .noSamples(let name): return "the \(name) data set has no samples"
    case .inputShape(let name, let expected, let found):
      let input = name.map { "the input \($0.debugDescription)" } ?? "inputs"
      return "the network takes \(input) of shape \(expected); the data set's "
        + "\(name == nil ? "have" : "has") shape \(found)"
    case .batchShape(let expected, let found):
      let sizes = (["N"] + expected.map(String.init)).joined(separator: ", ")
      return "the network takes a batch of inputs, of shape (\(sizes)); "
        + "the tensor has shape \(found)"
    case .classNames(let dataset, let expected, let found):
      func list(_ names: [String]) -> String {
        names.prefix(20).map(\.debugDescription).joined(separator: ", ")
          + (names.count > 20 ? ", … (\(names.count))" : "")
      }
      let first = zip(expected, found).enumerated().first { $1.0 != $1.1 }
      let difference =
        first.map { "class \($0) is \($1.1.debugDescription), not \($1.0.debugDescription)" }
        ?? "\(found.count) classes, not \(expected.count)"
      return "the \(dataset) data set has other classes than the model: \(difference). "
        + "The model's: \(list(expected)); the data set's: \(list(found)). Load a folder with "
        + "\"classes: model.classNames\", or set the model's \"classNames\" to nil to compare "
        + "nothing"
    case .argument(let name, let expected, let found):
      return "\(name): expected \(expected), found \(found)"
    }
  }

  private static func place(_ epoch: Int?, _ batch: Int?) -> String {
    let place = [epoch.map { "epoch \($0 + 1)" }, batch.map { "batch \($0 + 1)" }]
      .compactMap { $0 }.joined(separator: ", ")
    return place.isEmpty ? "" : " in \(place)"
  }

  /// Whether a loss, a gradient or an update was not finite.
  package var isNonFinite: Bool {
    switch self {
    case .nonFiniteLoss, .nonFiniteGradient, .nonFiniteUpdate: true
    default: false
    }
  }

  func at(epoch: Int, batch: Int) -> TrainingError {
    switch self {
    case .nonFiniteLoss(_, _, let origin):
      .nonFiniteLoss(epoch: epoch, batch: batch, origin: origin)
    case .nonFiniteGradient(_, _, let parameter, let sample):
      .nonFiniteGradient(epoch: epoch, batch: batch, parameter: parameter, sample: sample)
    case .nonFiniteUpdate(_, _, let origin, let sample):
      .nonFiniteUpdate(epoch: epoch, batch: batch, origin: origin, sample: sample)
    default: self
    }
  }
}

extension Weights {
  /// Throws ``TrainingError/argument(_:expected:found:)`` if the state of a layer, such as a moving
  /// variance, is not finite, or is negative where it must not be: results would be NaN.
  func requireValidState() throws(TrainingError) {
    guard let (entry, flaw) = stateFlaw else { return }
    throw .argument(
      "the parameter \"\(entry.name)\", element \(flaw.place)", expected: flaw.expected,
      found: "\(flaw.value)")
  }
}
