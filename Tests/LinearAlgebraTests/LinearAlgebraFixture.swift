import PinionTensor
import PinionTestSupport
import Testing

/// Results of NumPy, SciPy and scikit-learn: `Tests/Fixtures/make_linalg_fixtures.py`.
struct LinearAlgebraFixture: Decodable {
  struct Numbers: Decodable {
    let shape: [Int]
    let data: [Double]
  }
  struct Norms: Decodable {
    let frobenius, one, two, infinity, nuclear: Double
  }
  struct Square: Decodable {
    let name: String
    let matrix, rightSide, solution, inverse, real, imaginary, exponential: Numbers
    let determinant, sign, logMagnitude: Double
    let conditions: Norms
  }
  struct Rectangle: Decodable {
    let name: String
    let matrix, rightSide, solution, values, lower, upper, q, r, pseudoInverse: Numbers
    let permutation: [Int]
    let rank: Int
    let norms: Norms
  }
  struct Deficient: Decodable {
    let matrix, pseudoInverse: Numbers
    let rank: Int
  }
  struct Symmetric: Decodable {
    let name: String
    let matrix, values, cholesky: Numbers
  }
  struct Stack: Decodable {
    let matrices, rightSides, solutions, inverses, determinants, factors, definite: Numbers
  }
  struct Analysis: Decodable {
    let samples, mean, components, variances, ratios, transformed: Numbers
  }

  let squares: [Square]
  let rectangles: [Rectangle]
  let deficient: Deficient
  let symmetric: [Symmetric]
  let stack: Stack
  let analysis: Analysis

  static func load() throws -> LinearAlgebraFixture {
    try Fixture.load("linalg", as: LinearAlgebraFixture.self)
  }
}

/// The largest relative error that is allowed in a precision.
func tolerance<Scalar: RealScalar>(_ type: Scalar.Type) -> Double {
  Scalar.self == Float.self ? 1e-5 : 1e-12
}

extension TensorOf where Scalar: RealScalar {
  init(_ numbers: LinearAlgebraFixture.Numbers) {
    self.init(shape: Shape(numbers.shape), elements: numbers.data.map { Scalar($0) })
  }

  /// ‖self − expected‖ / ‖expected‖, or ‖self − expected‖ if all expected elements are zero;
  /// infinite for another shape.
  func difference(from expected: Self) -> Double {
    guard shape == expected.shape else { return .infinity }
    var (difference, norm) = (0.0, 0.0)
    for (a, e) in zip(elements, expected.elements) {
      difference += (Double(a) - Double(e)) * (Double(a) - Double(e))
      norm += Double(e) * Double(e)
    }
    return norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
  }

  func expectClose(
    to expected: Self, _ name: String, location: SourceLocation = #_sourceLocation
  ) {
    let difference = difference(from: expected)
    #expect(
      difference <= tolerance(Scalar.self), "\(name): \(difference), \(Scalar.self)",
      sourceLocation: location)
  }
}

/// A matrix of normally distributed numbers.
func randomMatrix<Scalar: RealScalar>(_ shape: Shape, _ type: Scalar.Type) -> TensorOf<Scalar> {
  TensorOf(
    Tensor.normal(shape: shape, from: RandomStream(seed: 2, purpose: "matrix", shape[0], shape[1])))
}
