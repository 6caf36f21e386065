internal import PinionTensor

/// The mean loss and the metrics of a data set.
public struct Evaluation: Sendable, Equatable, CustomStringConvertible {
  /// All values by name.
  public let logs: Logs

  /// An evaluation of the given values.
  public init(logs: Logs) { self.logs = logs }

  /// The mean loss.
  public var loss: Double { logs["loss"] ?? .nan }

  /// The share of samples whose class is predicted, if the model measures it.
  public var accuracy: Double? { logs["accuracy"] }

  /// The value under a name, nil if there is none.
  public subscript(name: String) -> Double? { logs[name] }

  /// As `accuracy: 0.9012 - loss: 0.2811`.
  public var description: String {
    logs.map { "\(PrintableText.escaped($0.name)): \(NumberText.metric($0.value))" }
      .joined(separator: " - ")
  }
}
