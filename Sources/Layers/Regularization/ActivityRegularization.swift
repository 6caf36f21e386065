public import PinionTensor

/// The input, with a penalty on it: l1 · Σ|x| + l2 · Σx² over the batch, divided by the number of
/// samples. As Keras 3's `ActivityRegularization`.
public struct ActivityRegularization: Layer {
  /// The factor of Σ|x|; 0 or more. Default: 0.
  public var l1: Double
  /// The factor of Σx²; 0 or more. Default: 0.
  public var l2: Double
  public var name: String?

  public init(l1: Double = 0, l2: Double = 0, name: String? = nil) {
    self.l1 = l1
    self.l2 = l2
    self.name = name
  }

  public var activityRegularizer: (any Regularizer)? { L1L2(l1: l1, l2: l2) }

  public func outputShape(for inputs: [Shape]) throws -> Shape { inputs[0] }

  /// The output is an alias of the input.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .alias
    program.backwardReads = []
    program.channelShift = .shifts
    return program
  }
}
