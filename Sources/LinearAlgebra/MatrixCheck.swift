internal import PinionTensor

extension TensorOf where Scalar: RealScalar {
  /// The numbers of rows and columns of the last two axes.
  ///
  /// - Parameters:
  ///   - isStack: Whether leading axes are allowed.
  ///   - isSquare: Whether rows and columns must be equal.
  ///   - limit: The most rows or columns for which workspace sizes fit 32 bits.
  func checkedSize(
    isStack: Bool = false, isSquare: Bool = false, limit: Int = LAPACK.maximumRows
  ) throws(LinearAlgebraError) -> (rows: Int, columns: Int) {
    guard isStack ? rank >= 2 : rank == 2 else {
      throw isSquare ? .notSquare(shape) : .notMatrix(shape)
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    guard !isSquare || rows == columns else { throw .notSquare(shape) }
    guard Swift.max(rows, columns) <= limit else {
      throw .tooLarge(rows: Swift.max(rows, columns), limit: limit)
    }
    return (rows, columns)
  }

  /// Throws for the first element that is NaN or infinite.
  func checkFinite() throws(LinearAlgebraError) {
    let first =
      Scalar.self == Float.self
      ? viewed(as: Float.self).read { $0.firstNonFinite }
      : viewed(as: Double.self).read { $0.firstNonFinite }
    guard let first else { return }
    let columns = rank > 0 ? shape[rank - 1] : 1
    let rows = rank > 1 ? shape[rank - 2] : 1
    let error = LinearAlgebraError.notFinite(row: first / columns % rows, column: first % columns)
    throw rank > 2 ? .inStack(index: first / (rows * columns), error) : error
  }

  /// Calls `body` with each matrix of a stack, as row-major memory to be overwritten, inside a
  /// compute scope. Errors of matrices in a stack name their index.
  mutating func forEachMatrix(
    _ body: (_ index: Int, UnsafeMutablePointer<Scalar>) throws(LinearAlgebraError) -> Void
  ) throws(LinearAlgebraError) {
    let isStack = rank > 2
    let size = shape.suffix(2).reduce(1, *)
    guard size > 0 else { return }
    try mutate { view throws(LinearAlgebraError) in
      try ComputeScope.run { () throws(LinearAlgebraError) in
        for index in 0..<view.count / size {
          do throws(LinearAlgebraError) {
            try body(index, view.base + index * size)
          } catch {
            throw isStack ? .inStack(index: index, error) : error
          }
        }
      }
    }
  }

  /// The last two axes exchanged.
  var matrixTransposed: Self {
    transposed(Array(0..<rank - 2) + [rank - 1, rank - 2])
  }
}
