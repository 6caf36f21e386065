import PinionLinearAlgebra
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct SymmetricEigenDecompositionTests {
  struct Eigen: Decodable { let matrix, values, vectors: FixtureTensor }
  struct EigenFixture: Decodable { let eigen: Eigen }

  func tensor(_ fixture: FixtureTensor) -> Tensor {
    Tensor(shape: Shape(fixture.shape), elements: fixture.data)
  }

  @Test func agreesWithSciPy() throws {
    let fixture = try Fixture.load("augmentation", as: EigenFixture.self).eigen
    let result = try tensor(fixture.matrix).symmetricEigenDecomposition()
    #expect(relativeDifference(result.values.elements, fixture.values.data) < 1e-6)
    // Eigenvectors are unique up to sign.
    let expected = tensor(fixture.vectors)
    let products = expected.transposed().matmul(result.vectors).elements
    for row in 0..<7 {
      for column in 0..<7 {
        #expect(abs(abs(products[row * 7 + column]) - (row == column ? 1 : 0)) < 1e-5)
      }
    }
    let back = result.matrix { $0 }
    #expect(relativeDifference(back.elements, fixture.matrix.data) < 1e-6)
  }

  @Test func readsLowerTriangleOnly() throws {
    let lower = try Tensor([[2, .nan], [1, 2]]).symmetricEigenDecomposition()
    #expect(lower == (try Tensor([[2, 1], [1, 2]]).symmetricEigenDecomposition()))
    #expect(relativeDifference(lower.values.elements, [1, 3]) < 1e-6)
  }

  @Test func smallMatrices() throws {
    let one = try Tensor([[-3]]).symmetricEigenDecomposition()
    #expect(one.values.elements == [-3])
    #expect(abs(one.vectors.scalar) == 1)
    #expect(try Tensor.zeros([0, 0]).symmetricEigenDecomposition().values.count == 0)
  }

  @Test func invalidMatricesThrow() {
    #expect(throws: LinearAlgebraError.notSquare([2, 3])) {
      try Tensor.zeros([2, 3]).symmetricEigenDecomposition()
    }
    #expect(throws: LinearAlgebraError.notSquare([4])) {
      try Tensor.zeros([4]).symmetricEigenDecomposition()
    }
    #expect(throws: LinearAlgebraError.notFinite(row: 1, column: 0)) {
      try Tensor([[1, 0], [.infinity, 1]]).symmetricEigenDecomposition()
    }
    #expect(
      LinearAlgebraError.tooLarge(rows: 32_767, limit: 32_766).description
        == "expected at most 32766 rows, found 32767")
  }
}
