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
    /// In the loss itself.
    case loss

    /// In words.
    public var description: String {
      switch self {
      case .input(let sample): "an input that is not finite, of sample \(sample) of the batch"
      case .target(let sample, let value): "the target \(value) of sample \(sample) of the batch"
      case .parameter(let name): "the parameter \"\(name)\", which is not finite"
      case .layer(let name): "layer \"\(name)\", the first with an output that is not finite"
      case .loss: "the loss itself"
      }
    }
  }

  /// The loss became NaN or infinite; epochs and batches are counted from 0. The weights are those before the batch.
  case nonFiniteLoss(epoch: Int?, batch: Int?, origin: Origin)
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

  /// One line.
  public var description: String {
    switch self {
    case .nonFiniteLoss(let epoch, let batch, let origin):
      let place = [epoch.map { "epoch \($0 + 1)" }, batch.map { "batch \($0 + 1)" }]
        .compactMap { $0 }.joined(separator: ", ")
      return "the loss is not finite\(place.isEmpty ? "" : " in \(place)"): it comes from \(origin)"
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

  func at(epoch: Int, batch: Int) -> TrainingError {
    guard case .nonFiniteLoss(_, _, let origin) = self else { return self }
    return .nonFiniteLoss(epoch: epoch, batch: batch, origin: origin)
  }
}
