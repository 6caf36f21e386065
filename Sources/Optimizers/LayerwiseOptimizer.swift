public import PinionTensor

/// An optimizer whose update of an element also depends on two sums over the whole parameter of
/// that element, such as the norms of the parameter and of its gradient.
///
/// A step first calls ``prepare(parameters:gradients:slots:coefficients:)`` on the ranges of each
/// parameter and adds up what it returns, in an order that depends on the parameter's count alone,
/// then updates with the coefficients that
/// ``coefficients(_:sums:learningRate:weightDecay:of:)`` makes of the sums.
public protocol LayerwiseOptimizer: Optimizer {
  /// Whether the optimizer decays the weights itself. Otherwise they are decayed before
  /// ``prepare(parameters:gradients:slots:coefficients:)``. Default: false.
  var decaysWeights: Bool { get }

  /// Returns the two sums over a range, and may change the slots. Must not allocate.
  func prepare(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) -> SIMD2<Double>

  /// The coefficients of a parameter's update from the sums over all of it. Must not allocate.
  func coefficients(
    _ coefficients: StepCoefficients, sums: SIMD2<Double>, learningRate: Double,
    weightDecay: Double, of parameter: ParameterRange
  ) -> StepCoefficients
}

extension LayerwiseOptimizer {
  public var decaysWeights: Bool { false }
}

/// The size of a parameter that is updated as a matrix, row-major.
package struct MatrixShape: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
}

/// An optimizer that updates some parameters as whole matrices, each by one thread, and the others
/// as every optimizer does.
package protocol MatrixOptimizer: Optimizer {
  /// The matrix that the parameter is updated as; nil if it is not.
  func matrix(of parameter: ParameterRange) -> MatrixShape?

  /// The weight decay of a parameter without rules.
  func weightDecay(of parameter: ParameterRange) -> Double?

  /// The floats of scratch memory that the update of a matrix needs.
  func scratchCount(for matrix: MatrixShape) -> Int

  /// Updates a matrix. Runs inside a pool's loop; must not allocate.
  func update(
    _ matrix: MatrixShape, parameters: MemoryView<Float>, gradients: MemoryView<Float>,
    slots: OptimizerSlots, coefficients: StepCoefficients, scratch: MemoryView<Float>)
}
