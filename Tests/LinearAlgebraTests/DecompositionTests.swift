import PinionLinearAlgebra
import PinionTensor
import Testing

@Suite struct DecompositionTests {
  func agrees<Scalar: RealScalar>(_ type: Scalar.Type) throws {
    for each in try LinearAlgebraFixture.load().rectangles {
      let matrix = TensorOf<Scalar>(each.matrix)
      let lu = try matrix.luDecomposition()
      #expect(lu.permutation == each.permutation)
      lu.lower.expectClose(to: TensorOf(each.lower), each.name)
      lu.upper.expectClose(to: TensorOf(each.upper), each.name)
      let qr = try matrix.qrDecomposition()
      qr.orthogonal.expectClose(to: TensorOf(each.q), each.name)
      qr.upper.expectClose(to: TensorOf(each.r), each.name)
      try matrix.singularValues().expectClose(to: TensorOf(each.values), each.name)
      try matrix.pseudoInverse().expectClose(to: TensorOf(each.pseudoInverse), each.name)
      #expect(try matrix.matrixRank() == each.rank)
      let least = try matrix.leastSquares(TensorOf(each.rightSide))
      least.solution.expectClose(to: TensorOf(each.solution), each.name)
      #expect(least.rank == each.rank)
      least.singularValues.expectClose(to: TensorOf(each.values), each.name)
      let column = try matrix.leastSquares(TensorOf(each.rightSide)[0..., 0])
      column.solution.expectClose(to: TensorOf<Scalar>(each.solution)[0..., 0], each.name)
    }
  }

  @Test func rectangularMatricesAgreeWithSciPy() throws {
    try agrees(Float.self)
    try agrees(Double.self)
  }

  func multiplyBack<Scalar: RealScalar>(_ type: Scalar.Type) throws {
    for (m, n) in [(1, 1), (2, 5), (5, 2), (17, 17), (40, 9), (9, 40), (65, 64)] {
      let matrix = randomMatrix([m, n], type)
      let (name, k) = ("(\(m), \(n))", min(m, n))
      let lu = try matrix.luDecomposition()
      let permuted = TensorOf<Scalar>.concatenate(lu.permutation.map { matrix[$0..<$0 + 1] })
      lu.lower.matmul(lu.upper).expectClose(to: permuted, name)
      let qr = try matrix.qrDecomposition()
      qr.orthogonal.matmul(qr.upper).expectClose(to: matrix, name)
      qr.orthogonal.transposed().matmul(qr.orthogonal).expectClose(to: .identity(k), name)
      #expect(qr.upper == qr.upper.triangle(.upper))
      let svd = try matrix.singularValueDecomposition()
      (svd.u * svd.values).matmul(svd.vTransposed).expectClose(to: matrix, name)
      svd.u.transposed().matmul(svd.u).expectClose(to: .identity(k), name)
      svd.vTransposed.matmul(svd.vTransposed.transposed()).expectClose(to: .identity(k), name)
      #expect(svd.values.elements == svd.values.elements.sorted(by: >))
    }
    let square = randomMatrix([33, 33], type)
    let definite = square.matmul(square.transposed()) + TensorOf.identity(33)
    let factor = try definite.choleskyFactor()
    factor.matmul(factor.transposed()).expectClose(to: definite, "Cholesky")
    #expect(factor == factor.triangle(.lower))
    let eigen = try definite.symmetricEigenDecomposition()
    eigen.matrix { $0 }.expectClose(to: definite, "symmetric eigenvalues")
  }

  @Test func factorsMultiplyBack() throws {
    try multiplyBack(Float.self)
    try multiplyBack(Double.self)
  }

  @Test func symmetricMatricesAgreeWithNumPy() throws {
    func agrees<Scalar: RealScalar>(_ type: Scalar.Type) throws {
      for each in try LinearAlgebraFixture.load().symmetric {
        let matrix = TensorOf<Scalar>(each.matrix)
        try matrix.symmetricEigenvalues().expectClose(to: TensorOf(each.values), each.name)
        try matrix.choleskyFactor().expectClose(to: TensorOf(each.cholesky), each.name)
      }
    }
    try agrees(Float.self)
    try agrees(Double.self)
  }

  @Test func rankDeficientMatrices() throws {
    let each = try LinearAlgebraFixture.load().deficient
    let matrix = DoubleTensor(each.matrix)
    #expect(try matrix.matrixRank() == each.rank)
    #expect(try Tensor(matrix).matrixRank() == each.rank)
    try matrix.pseudoInverse().expectClose(to: DoubleTensor(each.pseudoInverse), "double")
    try Tensor(matrix).pseudoInverse().expectClose(to: Tensor(each.pseudoInverse), "single")
    #expect(try matrix.matrixRank(tolerance: 2) == 0)
    #expect(try Tensor.zeros([3, 2]).matrixRank() == 0)
    #expect(try Tensor.zeros([0, 2]).matrixRank() == 0)
    #expect(try Tensor.zeros([3, 2]).luDecomposition().upper == .zeros([2, 2]))
  }

  @Test func invalidMatricesThrow() {
    #expect(throws: LinearAlgebraError.notPositiveDefinite(minor: 2)) {
      try Tensor([[1, 0], [2, 1]]).choleskyFactor()
    }
    #expect(throws: LinearAlgebraError.notMatrix([2, 2, 2])) {
      try Tensor.zeros([2, 2, 2]).qrDecomposition()
    }
    #expect(throws: LinearAlgebraError.notMatrix([2])) { try Tensor.zeros([2]).luDecomposition() }
    #expect(throws: LinearAlgebraError.notFinite(row: 0, column: 1)) {
      try DoubleTensor([[1, .nan]]).singularValueDecomposition()
    }
    #expect(throws: LinearAlgebraError.tooLarge(rows: 20_001, limit: 20_000)) {
      try Tensor.zeros([20_001, 1]).singularValues()
    }
    #expect(throws: LinearAlgebraError.mismatched(matrix: [2, 1], rightSide: [3])) {
      try Tensor.zeros([2, 1]).leastSquares(.zeros([3]))
    }
    #expect(throws: LinearAlgebraError.empty([0, 1])) {
      try Tensor.zeros([0, 1]).leastSquares(.zeros([0]))
    }
  }
}
