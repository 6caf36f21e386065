public import PinionTensor

/// What keeps a matrix from being decomposed.
public enum LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Not a matrix with as many rows as columns.
  case notSquare(Shape)
  /// More rows than LAPACK's 32-bit numbers can count the workspace of.
  case tooLarge(rows: Int, limit: Int)
  /// An element is NaN or infinite.
  case notFinite(row: Int, column: Int)
  /// LAPACK's iteration failed; the number is its status.
  case noConvergence(status: Int)

  /// One line.
  public var description: String {
    switch self {
    case .notSquare(let shape): "expected a square matrix, found the shape \(shape)"
    case .tooLarge(let rows, let limit): "expected at most \(limit) rows, found \(rows)"
    case .notFinite(let row, let column):
      "row \(row), column \(column): expected a finite number, found another"
    case .noConvergence(let status):
      "the eigenvalues did not converge: LAPACK's status is \(status)"
    }
  }
}
