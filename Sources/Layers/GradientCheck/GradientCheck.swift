public import PinionTensor

/// Compares the gradients that a layer, a loss or a whole graph computes with differences of its
/// values.
///
/// f is the mean over the batch of the loss, or, for a layer, of a random projection of its
/// outputs. At three random points, with inputs within ±1, ±0.1 and ±10 so that branches near zero
/// and far from it are taken, the derivative of f along each number of the input and of every
/// parameter is compared with the five-point difference (8·(f(h) − f(−h)) − (f(2h) − f(−2h))) /
/// 12h; of a tensor of more than 64 numbers, along 64 of them all over it. *Every* comparison must
/// be within the relative tolerance, after what rounding of f may explain: its values are single
/// precision, so a right gradient agrees to some 10⁻³.
///
/// Close to a kink of a rectifier or a maximum no difference is the gradient. The step h is
/// therefore the first of 2⁻⁶, 2⁻⁸, 2⁻¹⁰ and 2⁻¹² at which differences over h, over 2h and over h/4
/// agree with each other to a quarter of the tolerance, which is decided without the gradient. A
/// number for which none does is compared at up to four other points; a tensor with more than a
/// quarter of its numbers left over after that fails. Inputs within ±10 are left out where f is not
/// finite there.
///
/// A layer runs in training mode; its random numbers are the same in every run.
///
/// ```swift
/// let check = try checkGradients(of: MyLayer(), input: [5, 7, 3])
/// print(check.isPassed, check)
/// ```
///
/// - Parameters:
///   - layer: The layer.
///   - inputs: The shapes of its inputs, without the batch.
///   - batch: The number of images.
///   - tolerance: The largest relative error that passes.
///   - seed: Of the parameters, inputs and directions.
///
/// Throws ``GraphError`` if the layer does not take such inputs.
public func checkGradients(
  of layer: some Layer, input inputs: Shape..., batch: Int = 3, tolerance: Double = 0.01,
  seed: UInt64 = 1
) throws -> GradientCheckResult {
  for shape in inputs where !SizeLimits.allow(shape) { throw GraphError.inputShape(shape) }
  let tensors = inputs.map { Input($0) }
  let graph = try Graph(
    inputs: tensors, outputs: [SymbolicTensor(source: .init(.layer(layer), inputs: tensors))])
  return try checkGradients(of: graph, batch: batch, tolerance: tolerance, seed: seed)
}

/// Compares the gradients that a graph computes with differences of a random projection of its
/// outputs.
///
/// As ``checkGradients(of:input:batch:tolerance:seed:)``, for all parameters and inputs of
/// the graph, and the sum over its outputs.
public func checkGradients(
  of model: some ModelDefinition, batch: Int = 3, tolerance: Double = 0.01, seed: UInt64 = 1
) throws -> GradientCheckResult {
  let graph = model.graph
  let projections = graph.outputShapes.enumerated().map { index, shape in
    let projection = AlignedBuffer(count: batch * shape.elementCount)
    let purpose = "gradient check/projection" + (index == 0 ? "" : " \(index)")
    RandomStream(seed: seed, purpose: purpose).fillUniform(projection.view, in: -1..<1)
    return projection
  }
  return GradientComparison.result(
    graph: graph, loss: nil, targets: projections, batch: batch, seed: seed, tolerance: tolerance)
}

/// Compares the gradients of a graph with differences of a loss.
///
/// - Parameter targets: The targets of the batch, (N, target shape), of the graph's only output.
///
/// Throws ``LayerError`` if the targets do not go with the outputs.
public func checkGradients(
  of model: some ModelDefinition, loss: some Loss, targets: [Float], target shape: Shape,
  tolerance: Double = 0.01, seed: UInt64 = 1
) throws -> GradientCheckResult {
  try loss.validate(output: model.graph.outputShape, target: shape)
  let batch = targets.count / max(1, shape.elementCount)
  try LayerError.require(
    batch > 0 && targets.count == batch * shape.elementCount, "whole targets of shape \(shape)",
    received: "\(targets.count) numbers")
  let buffer = AlignedBuffer(count: targets.count)
  for (index, value) in targets.enumerated() { buffer.view[index] = value }
  return GradientComparison.result(
    graph: model.graph, loss: loss, targets: [buffer], batch: batch, seed: seed,
    tolerance: tolerance)
}

/// What a gradient check found.
public struct GradientCheckResult: Sendable, CustomStringConvertible {
  /// The worst comparison of a tensor at one size of inputs.
  public struct Finding: Sendable, CustomStringConvertible {
    /// What the gradient is with respect to: `input`, or a parameter such as `dense/kernel`.
    public let tensor: String
    /// Which element of the tensor, and how large inputs were.
    public let kind: String
    /// What the backward pass gives.
    public let computed: Double
    /// What differences give; NaN where none was smooth enough.
    public let expected: Double
    /// The relative error, less what rounding explains; infinite where nothing could be compared.
    public let error: Double

    /// One line, control characters escaped.
    public var description: String {
      PrintableText.escaped(
        "\(tensor), \(kind): computed \(computed), expected \(expected), relative error \(error)")
    }
  }

  /// The worst comparisons.
  public let findings: [Finding]
  /// The largest error that passes.
  public let tolerance: Double

  /// Whether every comparison is within the tolerance.
  public var isPassed: Bool { findings.allSatisfy { $0.error <= tolerance } && !findings.isEmpty }

  /// The comparison with the largest error.
  public var worst: Finding? { findings.max { $0.error.orInfinity < $1.error.orInfinity } }

  /// The failures, or the worst of what passed.
  public var description: String {
    let failures = findings.filter { !($0.error <= tolerance) }
    guard failures.isEmpty else {
      return "gradients differ:\n" + failures.map { "  \($0)" }.joined(separator: "\n")
    }
    return "gradients agree" + (worst.map { "; worst: \($0)" } ?? "; nothing was compared")
  }
}

extension Double {
  fileprivate var orInfinity: Double { isNaN ? .infinity : self }
}
