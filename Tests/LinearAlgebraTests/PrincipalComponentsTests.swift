import PinionLinearAlgebra
import PinionTensor
import Testing

@Suite struct PrincipalComponentsTests {
  func agrees<Scalar: RealScalar>(_ type: Scalar.Type) throws {
    let expected = try LinearAlgebraFixture.load().analysis
    let samples = TensorOf<Scalar>(expected.samples)
    let analysis = try PrincipalComponents(fitting: samples, count: 3)
    analysis.mean.expectClose(to: TensorOf(expected.mean), "mean")
    analysis.components.expectClose(to: TensorOf(expected.components), "components")
    analysis.variances.expectClose(to: TensorOf(expected.variances), "variances")
    analysis.varianceRatios.expectClose(to: TensorOf(expected.ratios), "ratios")
    analysis.transform(samples).expectClose(to: TensorOf(expected.transformed), "coordinates")
    let all = try PrincipalComponents(fitting: samples)
    all.inverseTransform(all.transform(samples)).expectClose(to: samples, "all components")
  }

  @Test func agreesWithScikitLearn() throws {
    try agrees(Float.self)
    try agrees(Double.self)
  }

  @Test func equalSamplesHaveNoVariance() throws {
    let analysis = try PrincipalComponents(fitting: Tensor.ones([3, 2]))
    #expect(analysis.variances.elements == [0, 0] && analysis.varianceRatios.elements == [0, 0])
  }

  @Test func invalidArgumentsThrow() {
    #expect(throws: LinearAlgebraError.empty([1, 3])) {
      try PrincipalComponents(fitting: Tensor.zeros([1, 3]))
    }
    #expect(throws: LinearAlgebraError.notMatrix([3])) {
      try PrincipalComponents(fitting: Tensor.zeros([3]))
    }
    for count in [0, 3] {
      let error = #expect(throws: ArgumentError.self) {
        try PrincipalComponents(fitting: Tensor.zeros([4, 2]), count: count)
      }
      #expect(error?.expected == "1...2")
    }
  }
}
