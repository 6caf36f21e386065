public import PinionTensor

/// Normalizes each sample along an axis, or several: y = γ·(x − μ)/√(σ² + ε) + β, μ and σ² the mean
/// and the population variance over these axes.
///
/// - Input and output: (N, …) of the same shape.
/// - Parameters: `gamma`, `beta`, of the shape of the axes.
///
/// As Keras 3's `LayerNormalization` (Ba et al. 2016), for axes that are neighbors.
public struct LayerNormalization: Layer {
  /// The axes, counted with the batch as axis 0, or from the end if negative. Default: the last.
  public var axes: [Int]
  /// ε. Default: 0.001.
  public var epsilon: Double
  /// Whether to add β. Default: true.
  public var center: Bool
  /// Whether to multiply by γ. Default: true.
  public var scale: Bool
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    axis: Int = -1, epsilon: Double = 0.001, center: Bool = true, scale: Bool = true,
    name: String? = nil
  ) {
    self.init(axes: [axis], epsilon: epsilon, center: center, scale: scale, name: name)
  }

  public init(
    axes: [Int], epsilon: Double = 0.001, center: Bool = true, scale: Bool = true,
    name: String? = nil
  ) {
    self.axes = axes
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SampleAxes.validate(axes, of: inputs[0])
    try LayerError.require(
      epsilon > 0 && epsilon.isFinite, "epsilon must be positive and finite",
      received: "\(epsilon)")
    return inputs[0]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape = Shape(Array(inputs[0][SampleAxes.range(axes, of: inputs[0])]))
    return (scale ? [Parameter("gamma", shape: shape, initializer: .ones)] : [])
      + (center ? [Parameter("beta", shape: shape, initializer: .zeros)] : [])
  }

  /// The identity: outputs are not probabilities.
  public var trailingActivation: (any ActivationFunction)? { Linear() }

  public func program(for pass: LayerPass) -> LayerProgram {
    let layout = AxisLayout(pass.inputs[0], axes: SampleAxes.range(axes, of: pass.inputs[0]))
    return PartNormalization(along: layout, .moments(epsilon: epsilon)).program(
      pass, gamma: scale ? "gamma" : nil, beta: center ? "beta" : nil)
  }
}

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
/// at least 10⁻¹². A single value above that becomes ±1, with a gradient of exactly 0.
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

/// Axes of a sample, given with the batch as axis 0 or from the end.
enum SampleAxes {
  /// Throws unless the axes exist and are neighbors.
  static func validate(_ axes: [Int], of shape: Shape) throws {
    let rank = shape.rank + 1
    // No overflow for extreme axes.
    let places = axes.map { $0 < 0 ? max($0, -rank - 1) + rank : $0 }
    let sorted = places.sorted()
    let areNeighbors = zip(sorted, sorted.dropFirst()).allSatisfy { $1 == $0 + 1 }
    try LayerError.require(
      !axes.isEmpty && places.allSatisfy { (1..<rank).contains($0) } && areNeighbors,
      "an axis in 1..<\(rank), or negative and counted from the end, but not the batch's, or "
        + "several that are neighbors",
      received: axes.count == 1
        ? "axis \(axes[0]) for an input of shape \(shape)"
        : "axes \(axes) for an input of shape \(shape)")
  }

  /// The axes counted without the batch.
  static func range(_ axes: [Int], of shape: Shape) -> Range<Int> {
    let places = axes.map { $0 < 0 ? $0 + shape.rank : $0 - 1 }
    let first = places.min() ?? 0
    return first..<first + axes.count
  }
}
