import Foundation
import PinionTensor
import Testing

@Suite struct TensorFunctionsTests {
  @Test(arguments: shapeGrid) func functionsTakeEachElement(shape: Shape) {
    let tensor = sample(shape)
    /// Equal to the function in double precision, but for two units in the last place.
    func check(_ result: Tensor, _ function: (Double) -> Double) {
      #expect(result.shape == shape)
      for (value, element) in zip(result.elements, tensor.elements) {
        let expected = Float(function(Double(element)))
        #expect(abs(value - expected) <= 2 * expected.ulp)
      }
    }
    check(tensor.exp()) { exp($0) }
    check(tensor.abs().log()) { log(abs($0)) }
    check(tensor.abs().squareRoot()) { abs($0).squareRoot() }
    check(tensor.tanh()) { tanh($0) }
    check(tensor.abs()) { abs($0) }
    check(tensor.pow(3)) { $0 * $0 * $0 }
    check(tensor.abs().pow(tensor)) { pow(abs($0), $0) }
    check(tensor.clamped(to: -1...2)) { min(max($0, -1), 2) }
    check(Tensor.maximum(tensor, 0.5)) { max($0, 0.5) }
    check(Tensor.minimum(tensor, 0.5)) { min($0, 0.5) }
    check(tensor.map { $0 * $0 }) { $0 * $0 }
  }

  @Test func specialNumbersAreNumPys() {
    let nan = Float.nan
    let odd = Tensor([nan, -1, 0, .infinity])
    // numpy.clip, numpy.maximum and numpy.minimum hand NaN on.
    func check(_ tensor: Tensor, _ expected: [Float]) {
      #expect(tensor.elements.map(\.description) == expected.map(\.description))
    }
    check(odd.clamped(to: -0.5...3), [nan, -0.5, 0, 3])
    check(Tensor.maximum(odd, Tensor([1, nan, 2, 3])), [nan, nan, 2, .infinity])
    check(Tensor.minimum(odd, Tensor([1, nan, 2, 3])), [nan, nan, 0, 3])
    check(Tensor.maximum(odd, 0), [nan, 0, 0, .infinity])
    check(Tensor.minimum(odd, nan), [nan, nan, nan, nan])
    check(Tensor([0, -1, 1]).log(), [-.infinity, nan, 0])
    check(Tensor([-1, 4]).squareRoot(), [nan, 2])
    check(Tensor([100, -200]).exp(), [.infinity, 0])
  }

  @Test func mapThrowsWhatItsClosureThrows() {
    let error = ArgumentError(place: "a", expected: "b", found: "c")
    #expect(throws: error) {
      try Tensor([1, 2]).map { value throws(ArgumentError) in
        if value == 2 { throw error }
        return value
      }
    }
  }
}
