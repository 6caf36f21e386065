import PinionTensor
import Testing

@Suite struct ElementaryFunctionTests {
  /// Within three units in the last place of the double-precision function, at any length.
  @Test(arguments: [1, 15, 16, 17, 100]) func kernelsAreExactToThreeUnits(count: Int) {
    let functions:
      [(String, ClosedRange<Float>, (Tensor) -> Tensor, (DoubleTensor) -> DoubleTensor)]
    functions = [
      ("exp", -87...88, { $0.exp() }, { $0.exp() }),
      ("log", 1e-30...1e30, { $0.log() }, { $0.log() }),
      ("tanh", -9...9, { $0.tanh() }, { $0.tanh() }),
      ("sin", -100...100, { $0.sin() }, { $0.sin() }),
      ("cos", -1e6...1e6, { $0.cos() }, { $0.cos() }),
    ]
    for (name, range, single, double) in functions {
      let x = Tensor.uniform(
        in: range.lowerBound..<range.upperBound, shape: [count],
        from: RandomStream(seed: 3, purpose: name, count))
      let found = single(x).elements
      let expected = double(DoubleTensor(x)).elements
      for (found, expected) in zip(found, expected) {
        #expect(abs(Double(found) - expected) <= 3 * Double(Float(expected).ulp), "\(name)")
      }
    }
  }

  @Test func specialValues() {
    let x = Tensor([0, -0.0, .infinity, -.infinity, .nan])
    let bits = { (tensor: Tensor) in tensor.elements.map { $0.isNaN ? "nan" : "\($0)" } }
    #expect(bits(x.exp()) == ["1.0", "1.0", "inf", "0.0", "nan"])
    #expect(bits(x.log()) == ["-inf", "-inf", "inf", "nan", "nan"])
    #expect(bits(x.tanh()) == ["0.0", "-0.0", "1.0", "-1.0", "nan"])
    #expect(bits(x.sin()) == ["0.0", "-0.0", "nan", "nan", "nan"])
    #expect(bits(x.cos()) == ["1.0", "1.0", "nan", "nan", "nan"])
    #expect(bits(Tensor([-1, 200, -200]).exp().log()) == ["-1.0", "inf", "-inf"])
  }

  @Test(arguments: [1, 7, 31, 32, 33, 64, 100]) func extremesOfAnyLength(count: Int) {
    func check<Scalar: RealScalar>(_ type: Scalar.Type) {
      for place in 0..<count {
        var tensor = TensorOf<Scalar>.zeros([count])
        tensor[place] = 5
        #expect(tensor.max() == 5 && tensor.argmax() == place)
        tensor[place] = -5
        #expect(tensor.min() == -5 && tensor.argmin() == place)
        tensor[place] = .nan
        #expect(tensor.max().isNaN && tensor.min().isNaN && tensor.argmax() == place)
      }
    }
    check(Float.self)
    check(Double.self)
  }
}
