import PinionLinearAlgebra
import PinionTensor
import Testing

@Suite struct SolveTests {
  func agrees<Scalar: RealScalar>(_ type: Scalar.Type) throws {
    for square in try LinearAlgebraFixture.load().squares {
      let matrix = TensorOf<Scalar>(square.matrix)
      let side = TensorOf<Scalar>(square.rightSide)
      try matrix.solve(side).expectClose(to: TensorOf(square.solution), square.name)
      let inverse = try matrix.inverse()
      inverse.expectClose(to: TensorOf(square.inverse), square.name)
      matrix.matmul(inverse).expectClose(to: .identity(matrix.shape[0]), square.name)
      try matrix.determinant().expectClose(to: TensorOf(Scalar(square.determinant)), square.name)
      let (sign, logMagnitude) = try matrix.logDeterminant()
      #expect(sign.scalar == Scalar(square.sign))
      logMagnitude.expectClose(to: TensorOf(Scalar(square.logMagnitude)), square.name)
      let column = try matrix.solve(side[0..., 0])
      column.expectClose(to: TensorOf<Scalar>(square.solution)[0..., 0], square.name)
    }
  }

  @Test func agreesWithNumPyInBothPrecisions() throws {
    try agrees(Float.self)
    try agrees(Double.self)
  }

  func stacksAgree<Scalar: RealScalar>(_ type: Scalar.Type) throws {
    let stack = try LinearAlgebraFixture.load().stack
    let matrices = TensorOf<Scalar>(stack.matrices)
    // (2, 3, 4, 4) and (3, 4, 2).
    try matrices.solve(TensorOf(stack.rightSides))
      .expectClose(to: TensorOf(stack.solutions), "solutions")
    try matrices.inverse().expectClose(to: TensorOf(stack.inverses), "inverses")
    try matrices.determinant().expectClose(to: TensorOf(stack.determinants), "determinants")
    #expect(try matrices.logDeterminant().sign.shape == [2, 3])
    try TensorOf<Scalar>(stack.definite).choleskyFactor()
      .expectClose(to: TensorOf(stack.factors), "factors")
  }

  @Test func stacksOfMatricesAgreeWithNumPy() throws {
    try stacksAgree(Float.self)
    try stacksAgree(Double.self)
  }

  @Test func singularMatrices() throws {
    let singular = DoubleTensor([[1, 2], [2, 4]])
    #expect(throws: LinearAlgebraError.singular(pivot: 1)) { try singular.inverse() }
    #expect(throws: LinearAlgebraError.singular(pivot: 1)) {
      try singular.solve(DoubleTensor([1, 2]))
    }
    #expect(try singular.determinant().scalar == 0)
    let logarithm = try singular.logDeterminant()
    #expect(logarithm.sign.scalar == 0 && logarithm.logMagnitude.scalar == -.infinity)
    let stack = DoubleTensor.stack([.identity(2), singular])
    #expect(throws: LinearAlgebraError.inStack(index: 1, .singular(pivot: 1))) {
      try stack.inverse()
    }
    #expect(try stack.determinant().elements == [1, 0])
  }

  @Test func matricesWithoutRows() throws {
    #expect(try Tensor.zeros([0, 0]).determinant().scalar == 1)
    #expect(try Tensor.zeros([0, 0]).inverse().shape == [0, 0])
    #expect(try Tensor.zeros([0, 0]).solve(.zeros([0, 2])).shape == [0, 2])
    #expect(try Tensor.zeros([2, 2]).solve(.zeros([2, 0])).shape == [2, 0])
    #expect(try Tensor.zeros([3, 0, 0]).logDeterminant().sign.elements == [1, 1, 1])
  }

  @Test func invalidArgumentsThrow() {
    let square = Tensor.identity(3)
    #expect(throws: LinearAlgebraError.notSquare([3, 2])) { try Tensor.zeros([3, 2]).inverse() }
    #expect(throws: LinearAlgebraError.notSquare([4])) { try Tensor.zeros([4]).determinant() }
    #expect(throws: LinearAlgebraError.mismatched(matrix: [3, 3], rightSide: [2])) {
      try square.solve(Tensor([1, 2]))
    }
    #expect(throws: LinearAlgebraError.mismatched(matrix: [2, 2, 2], rightSide: [3, 2, 1])) {
      try Tensor.zeros([2, 2, 2]).solve(Tensor.zeros([3, 2, 1]))
    }
    #expect(throws: LinearAlgebraError.notFinite(row: 1, column: 0)) {
      try Tensor([[1, 0], [.nan, 1]]).inverse()
    }
    var stack = DoubleTensor.ones([2, 3, 3])
    stack[1, 2, 0] = -.infinity
    #expect(throws: LinearAlgebraError.inStack(index: 1, .notFinite(row: 2, column: 0))) {
      try stack.determinant()
    }
    let error = LinearAlgebraError.inStack(index: 1, .singular(pivot: 2))
    #expect(
      error.description == "matrix 1: expected an invertible matrix, found pivot 2 to be zero")
  }
}
