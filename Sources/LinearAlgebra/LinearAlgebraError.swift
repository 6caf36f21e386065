public import PinionTensor

/// A matrix that cannot be decomposed or solved for.
public enum LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  case notSquare(Shape)
  /// Fewer than two axes, or leading axes where one matrix is expected.
  case notMatrix(Shape)
  /// A matrix without rows or columns where results need one.
  case empty(Shape)
  /// The right-hand side's rows differ from the matrix's, or leading axes do not broadcast.
  case mismatched(matrix: Shape, rightSide: Shape)
  /// The size of LAPACK's workspace exceeds 32-bit integers.
  case tooLarge(rows: Int, limit: Int)
  /// An element is NaN or infinite.
  case notFinite(row: Int, column: Int)
  /// The pivot of this number, counted from 0, is exactly zero.
  case singular(pivot: Int)
  /// The leading minor of this order is not positive.
  case notPositiveDefinite(minor: Int)
  /// LAPACK's iteration did not converge and returned this status.
  case noConvergence(status: Int)
  /// In the matrix of this row-major index along the leading axes.
  indirect case inStack(index: Int, LinearAlgebraError)

  public var description: String {
    switch self {
    case .notSquare(let shape): "expected a square matrix, found shape \(shape)"
    case .notMatrix(let shape): "expected a matrix, found shape \(shape)"
    case .empty(let shape): "expected at least one element, found shape \(shape)"
    case .mismatched(let matrix, let rightSide):
      "expected a right-hand side for a matrix of shape \(matrix), found shape \(rightSide)"
    case .tooLarge(let rows, let limit): "expected at most \(limit) rows, found \(rows)"
    case .notFinite(let row, let column):
      "row \(row), column \(column): expected a finite number, found NaN or infinity"
    case .singular(let pivot): "expected an invertible matrix, found pivot \(pivot) to be zero"
    case .notPositiveDefinite(let minor):
      "expected a positive definite matrix, found the leading minor of order \(minor) not positive"
    case .noConvergence(let status):
      "the iteration did not converge (LAPACK status \(status))"
    case .inStack(let index, let error): "matrix \(index): \(error)"
    }
  }
}
