public import PinionTensor

/// Compares the gradients of a layer with finite differences.
///
/// The function f is a random projection of the layer's outputs. Its derivatives with respect to
/// the elements of the inputs and of all parameters are compared with the five-point difference
/// (8·(f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h, at three random points, with inputs within ±1, ±0.1
/// and ±10, which reach branches near zero and far from it. The check passes if *every* comparison
/// is within the relative tolerance, after subtraction of the rounding error of f, which is
/// computed in single precision, and of the effect of a kink that this error hides.
///
/// All elements of tensors with up to `elements` elements are compared, at each range of inputs: a
/// single wrong one fails the check. Of larger tensors, `elements` are compared, one from each of
/// as many equal sections, different ones at each range; a single wrong one of n is then found with
/// a probability of 1 − (1 − `elements`/n)³. A comparison takes eight or more forward passes of the
/// batch.
///
/// Differences across a kink, such as that of ReLU or a maximum, do not approximate the gradient.
/// The step h is therefore the first of 2⁻⁶, 2⁻⁸, 2⁻¹⁰ and 2⁻¹² for which the differences with h,
/// 2h and h/4 agree to a quarter of the tolerance; this does not depend on the gradient. Elements
/// without such a step are compared at up to four other points. If more than a quarter of a
/// tensor's elements cannot be compared, the check fails; otherwise errors in those elements are
/// not detected at that range of inputs. Points within ±10 at which f is not finite are left out.
///
/// The layer runs in training mode with the same random numbers in every run.
///
/// ```swift
/// let check = try checkGradients(of: MyLayer(), input: [5, 7, 3])
/// print(check.isPassed, check)
/// ```
///
/// - Parameters:
///   - layer: The layer.
///   - inputs: The shapes of its inputs for one sample.
///   - batch: The number of samples. Default: 3.
///   - tolerance: The largest relative error that passes. Default: 0.01.
///   - elements: The largest number of elements of a tensor that are compared at each range of
///     inputs. Default: 1,024.
///   - seed: The seed of parameters, inputs and projection.
///
/// Throws ``GraphError`` if the layer does not accept inputs of these shapes.
public func checkGradients(
  of layer: some Layer, input inputs: Shape..., batch: Int = 3, tolerance: Double = 0.01,
  elements: Int = 1_024, seed: UInt64 = 1
) throws -> GradientCheckResult {
  for shape in inputs where !SizeLimits.allow(shape) { throw GraphError.inputShape(shape) }
  let tensors = inputs.map { Input($0) }
  let graph = try Graph(
    inputs: tensors, outputs: [SymbolicTensor(source: .init(.layer(layer), inputs: tensors))])
  return try checkGradients(
    of: graph, batch: batch, tolerance: tolerance, elements: elements, seed: seed)
}

/// Compares the gradients of a graph with finite differences.
///
/// As ``checkGradients(of:input:batch:tolerance:elements:seed:)``, for all inputs and parameters of
/// the graph; f is the sum of random projections of the outputs.
public func checkGradients(
  of model: some ModelDefinition, batch: Int = 3, tolerance: Double = 0.01, elements: Int = 1_024,
  seed: UInt64 = 1
) throws -> GradientCheckResult {
  let graph = model.graph
  let projections = graph.outputShapes.enumerated().map { index, shape in
    let projection = AlignedBuffer(count: batch * shape.elementCount)
    let purpose = "gradient check/projection" + (index == 0 ? "" : " \(index)")
    RandomStream(seed: seed, purpose: purpose).fillUniform(projection.view, in: -1..<1)
    return projection
  }
  return GradientComparison.result(
    graph: graph, loss: nil, targets: projections, batch: batch, seed: seed, tolerance: tolerance,
    elements: elements)
}

/// Compares the gradients of a graph and a loss with finite differences of the mean loss.
///
/// As ``checkGradients(of:input:batch:tolerance:elements:seed:)``.
///
/// - Parameters:
///   - targets: The targets of a batch for the only output, (N, target shape) row-major.
///   - shape: The shape of a sample's target.
///
/// Throws ``LayerError`` if the loss does not accept these outputs and targets.
public func checkGradients(
  of model: some ModelDefinition, loss: some Loss, targets: [Float], target shape: Shape,
  tolerance: Double = 0.01, elements: Int = 1_024, seed: UInt64 = 1
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
    tolerance: tolerance, elements: elements)
}

/// The result of a gradient check.
public struct GradientCheckResult: Sendable, CustomStringConvertible {
  /// The comparison with the largest error, for a tensor and a range of inputs.
  public struct Finding: Sendable, CustomStringConvertible {
    /// The tensor: `input`, or a parameter such as `dense/kernel`.
    public let tensor: String
    /// The element of the tensor, and the range of the inputs.
    public let kind: String
    /// The derivative by the backward pass.
    public let computed: Double
    /// The finite difference; NaN if f has a kink at all points.
    public let expected: Double
    /// The relative error, less the rounding error; infinite if no element could be compared.
    public let error: Double

    /// One line, control characters escaped.
    public var description: String {
      PrintableText.escaped(
        "\(tensor), \(kind): computed \(computed), expected \(expected), relative error \(error)")
    }
  }

  /// The largest errors, one for each tensor and range of inputs.
  public let findings: [Finding]
  /// The largest error that passes.
  public let tolerance: Double

  /// Whether every comparison is within the tolerance.
  public var isPassed: Bool { findings.allSatisfy { $0.error <= tolerance } && !findings.isEmpty }

  /// The comparison with the largest error.
  public var worst: Finding? { findings.max { $0.error.orInfinity < $1.error.orInfinity } }

  /// The failed comparisons, or the one with the largest error.
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
