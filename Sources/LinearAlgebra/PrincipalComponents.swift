public import PinionTensor

/// Principal component analysis: the orthogonal directions in which samples vary most.
///
/// ```swift
/// let analysis = try PrincipalComponents(fitting: samples, count: 2)
/// let plane = analysis.transform(samples)
/// ```
public struct PrincipalComponents<Scalar: RealScalar>: Sendable, Equatable {
  /// The mean of the samples, (features).
  public let mean: TensorOf<Scalar>
  /// Directions of length 1 as rows, by descending variance, (count, features). The element of
  /// largest magnitude in each is positive, as in scikit-learn 1.5 and later.
  public let components: TensorOf<Scalar>
  /// The variance along each component, with the divisor samples − 1, (count).
  public let variances: TensorOf<Scalar>
  /// ``variances`` divided by the total variance, (count).
  public let varianceRatios: TensorOf<Scalar>

  /// - Parameters:
  ///   - samples: (samples, features), at least two samples.
  ///   - count: The number of components. Default: min(samples, features).
  /// - Throws: ``LinearAlgebraError`` if `samples` is not such a matrix or an element is not
  ///   finite; `ArgumentError` if `count` is not in 1...min(samples, features).
  public init(fitting samples: TensorOf<Scalar>, count: Int? = nil) throws {
    let (rows, columns) = try samples.checkedSize()
    guard rows > 1, columns > 0 else { throw LinearAlgebraError.empty(samples.shape) }
    let limit = Swift.min(rows, columns)
    let count = count ?? limit
    guard 1...limit ~= count else {
      throw ArgumentError(
        place: "the number of components", expected: "1...\(limit)", found: "\(count)")
    }
    mean = samples.mean(along: 0)
    let parts = try (samples - mean).singularValueDecomposition()
    let all = parts.values.squared() / Scalar(rows - 1)
    let total = all.sum()
    let directions = parts.vTransposed[0..<count]
    let signs = directions.abs().argmax(along: 1).enumerated().map { row, column in
      directions[row, column] < 0 ? Scalar(-1) : 1
    }
    components = directions * TensorOf(signs).expanded(at: 1)
    variances = all[0..<count]
    varianceRatios = total > 0 ? variances / total : variances
  }

  /// The coordinates of samples along the components, (samples, count). Traps unless the samples
  /// have the shape (samples, features).
  public func transform(_ samples: TensorOf<Scalar>) -> TensorOf<Scalar> {
    (samples - mean).matmul(components.transposed())
  }

  /// The samples, (samples, features), with given coordinates.
  public func inverseTransform(_ coordinates: TensorOf<Scalar>) -> TensorOf<Scalar> {
    coordinates.matmul(components) + mean
  }
}
