public import PinionTensor

/// Divides each sample along an axis by the root of its mean square: y = γ·x/√(Σ x²/n + ε).
///
/// - Input and output: (N, …) of the same shape.
/// - Parameters: `scale`, the γ, as long as the axis.
///
/// Along the last axis, as Keras 3's `RMSNormalization` (Zhang and Sennrich 2019).
public struct RMSNormalization: Layer {
  /// The axis, counted with the batch as axis 0, or from the end if negative. Default: the last.
  public var axis: Int
  /// ε. Default: 10⁻⁶.
  public var epsilon: Double
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(axis: Int = -1, epsilon: Double = 1e-6, name: String? = nil) {
    self.axis = axis
    self.epsilon = epsilon
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SampleAxes.validate([axis], of: inputs[0])
    try LayerError.require(
      epsilon > 0 && epsilon.isFinite, "epsilon must be positive and finite",
      received: "\(epsilon)")
    return inputs[0]
  }

  /// γ.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let length = inputs[0][SampleAxes.range([axis], of: inputs[0]).lowerBound]
    return [
      Parameter("scale", shape: [length], initializer: .ones, role: .normalization)
    ]
  }

  /// The identity: outputs are not probabilities.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  public func program(for pass: LayerPass) -> LayerProgram {
    let layout = AxisLayout(pass.inputs[0], axes: SampleAxes.range([axis], of: pass.inputs[0]))
    return PartNormalization(along: layout, .meanSquare(epsilon: epsilon)).program(
      pass, gamma: "scale", beta: nil)
  }
}

/// Divides each sample along an axis, or several, by its L2 norm: y = x/√(Σ x²), with a divisor of
/// at least 10⁻¹².
///
/// - Input and output: (N, …) of the same shape.
///
/// As Keras 3's `UnitNormalization`, for axes that are neighbors.
public struct UnitNormalization: Layer {
  /// The axes, counted with the batch as axis 0, or from the end if negative. Default: the last.
  public var axes: [Int]
  public var name: String?

  public init(axis: Int = -1, name: String? = nil) { self.init(axes: [axis], name: name) }

  public init(axes: [Int], name: String? = nil) {
    self.axes = axes
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SampleAxes.validate(axes, of: inputs[0])
    return inputs[0]
  }

  /// The identity: outputs are not probabilities.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  public func program(for pass: LayerPass) -> LayerProgram {
    let layout = AxisLayout(pass.inputs[0], axes: SampleAxes.range(axes, of: pass.inputs[0]))
    return PartNormalization(along: layout, .length(limit: 1e12)).program(
      pass, gamma: nil, beta: nil)
  }
}
