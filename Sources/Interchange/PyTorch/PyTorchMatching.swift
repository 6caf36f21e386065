internal import PinionTensor

/// The assignment of the tensors of a PyTorch file to the parameters of layers.
public enum PyTorchMatching: Sendable, Equatable {
  /// Modules with tensors and layers with parameters are paired in the order in which they were
  /// declared. For files of `torch.save` alone, since safetensors does not keep the order.
  case order

  /// By name: the module of each layer, such as `["conv2d": "features.0"]`, or `""` for tensors
  /// whose names have no dot; or the tensor of a parameter, such as
  /// `["conv2d/kernel": "features.0.weight"]`, which is rearranged like the layer's other tensors.
  /// A layer without an entry is matched with the module of its own name, with dots for slashes
  /// and preceded by `prefix`.
  case names([String: String] = [:], prefix: String = "")
}

/// The tensors of a file that became parameters of a network, and those left over. The description
/// is a table, with control characters escaped.
public struct PyTorchReport: Sendable, Equatable, CustomStringConvertible {
  /// The tensor that became a parameter.
  public struct Assignment: Sendable, Equatable {
    /// Such as `conv2d/kernel`.
    public let parameter: String
    /// Such as `features.0.weight`.
    public let tensor: String
  }

  /// In the order of the network's parameters.
  public let assignments: [Assignment]

  /// The tensors that were not used, in the order of the file, without PyTorch's counts of batches.
  public let unusedTensors: [String]

  /// The parameters that kept their values, in the order of the network.
  public let unchangedParameters: [String]

  public var description: String {
    let parameters = assignments.map { PrintableText.escaped($0.parameter) }
    let width = parameters.map(\.count).max() ?? 0
    let lines = zip(parameters, assignments).map { parameter, assignment in
      let padding = String(repeating: " ", count: width - parameter.count)
      return "\(parameter)\(padding)  \(PrintableText.escaped(assignment.tensor))"
    }
    return
      (lines + unchangedParameters.map { "unchanged: \(PrintableText.escaped($0))" }
      + unusedTensors.map { "not used: \(PrintableText.escaped($0))" }).joined(separator: "\n")
  }
}
