import PinionLinearAlgebra
import PinionTensor
import Testing

@Suite struct MatrixFunctionTests {
  func agrees<Scalar: RealScalar>(_ type: Scalar.Type) throws {
    for square in try LinearAlgebraFixture.load().squares {
      let matrix = TensorOf<Scalar>(square.matrix)
      let n = matrix.shape[0]
      let values = try matrix.eigenvalues()
      // The fixture's are in ascending order of the real parts.
      let order = (0..<n).sorted {
        (values.real[$0], values.imaginary[$0]) < (values.real[$1], values.imaginary[$1])
      }
      let real = TensorOf(order.map { values.real[$0] })
      let imaginary = TensorOf(order.map { Swift.abs(values.imaginary[$0]) })
      real.expectClose(to: TensorOf(square.real), square.name)
      imaginary.expectClose(to: TensorOf(square.imaginary), square.name)
      try matrix.matrixExponential().expectClose(to: TensorOf(square.exponential), square.name)
      let conditions: [(MatrixNorm, Double)] = [
        (.frobenius, square.conditions.frobenius), (.one, square.conditions.one),
        (.two, square.conditions.two), (.infinity, square.conditions.infinity),
        (.nuclear, square.conditions.nuclear),
      ]
      for (norm, expected) in conditions {
        let found = try matrix.conditionNumber(norm)
        TensorOf(found).expectClose(to: TensorOf(Scalar(expected)), "\(square.name), \(norm)")
      }
    }
    for each in try LinearAlgebraFixture.load().rectangles {
      let matrix = TensorOf<Scalar>(each.matrix)
      let norms: [(MatrixNorm, Double)] = [
        (.frobenius, each.norms.frobenius), (.one, each.norms.one), (.two, each.norms.two),
        (.infinity, each.norms.infinity), (.nuclear, each.norms.nuclear),
      ]
      #expect(norms.count == MatrixNorm.allCases.count)
      for (norm, expected) in norms {
        let found = try matrix.matrixNorm(norm)
        TensorOf(found).expectClose(to: TensorOf(Scalar(expected)), "\(each.name), \(norm)")
      }
    }
  }

  @Test func agreesWithSciPyInBothPrecisions() throws {
    try agrees(Float.self)
    try agrees(Double.self)
  }

  /// A·v = λ·v, in real and imaginary parts.
  @Test func eigenvectorsBelongToTheirValues() throws {
    func check<Scalar: RealScalar>(_ matrix: TensorOf<Scalar>) throws {
      let eigen = try matrix.eigenDecomposition()
      let (real, imaginary) = (eigen.values.real, eigen.values.imaginary)
      let vectors = eigen.vectors
      let scaledReal = vectors.real * real - vectors.imaginary * imaginary
      let scaledImaginary = vectors.real * imaginary + vectors.imaginary * real
      matrix.matmul(vectors.real).expectClose(to: scaledReal, "real part")
      matrix.matmul(vectors.imaginary).expectClose(to: scaledImaginary, "imaginary part")
      let lengths = vectors.magnitudes.squared().sum(along: 0)
      lengths.expectClose(to: .ones([matrix.shape[0]]), "lengths")
      #expect(!eigen.values.isReal)
      #expect(try matrix.eigenvalues().real.difference(from: real) < tolerance(Scalar.self))
    }
    try check(randomMatrix([20, 20], Float.self))
    try check(randomMatrix([20, 20], Double.self))
    #expect(try DoubleTensor([[2, 1], [1, 2]]).eigenvalues().isReal)
    #expect(try DoubleTensor.zeros([0, 0]).eigenDecomposition().vectors.real.shape == [0, 0])
  }

  @Test func normsOfExtremeNumbersAreFinite() throws {
    for scale in [1e-300, 1, 1e300] {
      let norm = try DoubleTensor([[3, 0], [0, 4]]).map { $0 * scale }.matrixNorm()
      #expect(Swift.abs(norm / scale - 5) < 1e-14)
    }
    #expect(try Tensor.zeros([2, 2]).matrixNorm() == 0)
    let singular = Tensor([[1, 1], [1, 1]])
    #expect(try singular.conditionNumber(.one) == .infinity)
    #expect(try Tensor.zeros([2, 2]).conditionNumber() == .infinity)
  }

  @Test func exponentialOfSpecialMatrices() throws {
    #expect(try DoubleTensor.zeros([3, 3]).matrixExponential() == .identity(3))
    #expect(try Tensor.zeros([0, 0]).matrixExponential().count == 0)
    // Of a nilpotent matrix the series ends.
    let nilpotent = DoubleTensor([[0, 6, 0], [0, 0, 6], [0, 0, 0]])
    try nilpotent.matrixExponential()
      .expectClose(to: DoubleTensor([[1, 6, 18], [0, 1, 6], [0, 0, 1]]), "nilpotent")
    let large = try DoubleTensor([[1000, 0], [0, -1000]]).matrixExponential()
    #expect(!large[0, 0].isFinite)
    // The norm overflows.
    let huge = try DoubleTensor([[1e308, 0], [1e308, 0]]).matrixExponential()
    #expect(!huge[0, 0].isFinite && huge.shape == [2, 2])
  }

  @Test func invalidMatricesThrow() {
    #expect(throws: LinearAlgebraError.notSquare([2, 3])) {
      try Tensor.zeros([2, 3]).eigenvalues()
    }
    #expect(throws: LinearAlgebraError.notSquare([2, 3])) {
      try Tensor.zeros([2, 3]).matrixExponential()
    }
    #expect(throws: LinearAlgebraError.notSquare([2, 3])) {
      try Tensor.zeros([2, 3]).conditionNumber(.one)
    }
    #expect(throws: LinearAlgebraError.empty([0, 3])) { try Tensor.zeros([0, 3]).matrixNorm() }
    #expect(throws: LinearAlgebraError.notFinite(row: 0, column: 0)) {
      try Tensor([[.infinity]]).matrixExponential()
    }
  }
}
