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
      ("tan", -100...100, { $0.tan() }, { $0.tan() }),
      ("tan", -1e6...1e6, { $0.tan() }, { $0.tan() }),
      ("log2", 1e-30...1e30, { $0.log2() }, { $0.log2() }),
      ("log2", 0.5...2, { $0.log2() }, { $0.log2() }),
      ("log10", .leastNonzeroMagnitude...1e-38, { $0.log10() }, { $0.log10() }),
      ("log10", 0.5...2, { $0.log10() }, { $0.log10() }),
      ("log1p", -1...1, { $0.log1p() }, { $0.log1p() }),
      ("log1p", -1e-6...1e-6, { $0.log1p() }, { $0.log1p() }),
      ("log1p", 0...1e30, { $0.log1p() }, { $0.log1p() }),
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
    #expect(bits(x.tan()) == ["0.0", "-0.0", "nan", "nan", "nan"])
    #expect(bits(x.log2()) == ["-inf", "-inf", "inf", "nan", "nan"])
    #expect(bits(x.log10()) == ["-inf", "-inf", "inf", "nan", "nan"])
    #expect(bits(x.log1p()) == ["0.0", "-0.0", "inf", "nan", "nan"])
    #expect(
      bits(Tensor([-1, -2, .leastNonzeroMagnitude, 3e38]).log1p()) == [
        "-inf", "nan", "1e-45", "88.59685",
      ])
    let powers = -45...38
    let ofTen = Tensor(powers.map { Float("1e\($0)") ?? 0 }).log10().elements
    #expect(zip(ofTen, powers).allSatisfy { abs($0 - Float($1)) < 0.2 })
    #expect(Array(ofTen.suffix(39)) == (0...38).map { Float($0) })
    let ofTwo = Tensor((-149...127).map { Float(sign: .plus, exponent: $0, significand: 1) })
    #expect(ofTwo.log2().elements == (-149...127).map { Float($0) })
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
