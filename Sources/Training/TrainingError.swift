public import PinionTensor

/// What keeps a model from being trained, evaluated or asked.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where a number that is not finite arose.
  public enum Origin: Sendable, Equatable, CustomStringConvertible {
    /// In the data: the sample's place in the batch.
    case input(sample: Int)
    /// In the data: a target that is no class or no number, and the sample's place in the batch.
    case target(sample: Int, value: Float)
    /// In a parameter that was read or updated before.
    case parameter(String)
    /// In a layer: the first whose output is not finite though its inputs and parameters are.
    case layer(String)
    /// In what the optimizer remembers of a parameter.
    case optimizerState(parameter: String, slot: String)
    /// In the loss itself.
    case loss

    /// In words, control characters escaped.
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

  /// The loss became NaN or infinite; epochs and batches are counted from 0. The weights are those before the batch.
  case nonFiniteLoss(epoch: Int?, batch: Int?, origin: Origin)
  /// The gradient of a parameter became NaN or infinite though the loss is finite. The weights are those before the batch.
  ///
  /// The parameter is the first in the order of the backward pass; the sample, by its place in the batch, is the first that alone
  /// has such a gradient, and nil if no sample or every one has.
  case nonFiniteGradient(epoch: Int?, batch: Int?, parameter: String, sample: Int?)
  /// An update by finite gradients left numbers that are not finite, or weights under which the same batch has no finite loss.
  ///
  /// The weights are those before the batch, also in the optimizer; but those after the update if the origin is a layer or the loss,
  /// which were looked at at the end of an epoch, or if gradients below 10¹⁸ at a rate up to 10⁶ overflowed. The sample, by its place in
  /// the batch, is the one whose gradient is ten times as large as every other one's.
  case nonFiniteUpdate(epoch: Int?, batch: Int?, origin: Origin, sample: Int?)
  /// A target of a data set that is evaluated, by its place in the set, is not one of the network's classes.
  case target(sample: Int, value: Float, classes: Int)
  /// The layer that a network ends with does not put out what the loss takes.
  case outputs(layer: String, expected: String, found: String)
  /// A data set has no samples.
  case noSamples(String)
  /// A data set's inputs have another shape than the network's.
  case inputShape(expected: Shape, found: Shape)
  /// A tensor is no batch of the network's inputs: the shape of one input is expected behind the batch's axis.
  case batchShape(expected: Shape, found: Shape)
  /// A data set's classes are not those that the model knows, in their order.
  case classNames(dataset: String, expected: [String], found: [String])
  /// A number of epochs, batches or threads makes no sense.
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
    case .outputs(let layer, let expected, let found):
      return "layer \"\(layer)\", the network's last: expected \(expected), found \(found)"
    case .noSamples(let name): return "the \(name) data set has no samples"
    case .inputShape(let expected, let found):
      return "the network takes inputs of shape \(expected); the data set's have shape \(found)"
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
        + "\"classes: model.classNames\", or set the model's \"classNames\" to nil to compare nothing"
    case .argument(let name, let expected, let found):
      return "\(name): expected \(expected), found \(found)"
    }
  }

  private static func place(_ epoch: Int?, _ batch: Int?) -> String {
    let place = [epoch.map { "epoch \($0 + 1)" }, batch.map { "batch \($0 + 1)" }]
      .compactMap { $0 }.joined(separator: ", ")
    return place.isEmpty ? "" : " in \(place)"
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
