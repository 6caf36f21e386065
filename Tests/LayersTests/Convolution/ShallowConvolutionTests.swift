import PinionTensor
import Testing

@testable import PinionLayers

/// Convolutions with sums in registers against the definition in double precision.
@Suite struct ShallowConvolutionTests {
  private static let grid =
    WindowCase.grid.filter {
      ShallowConvolution.limitation(.init(geometry: $0.geometry, filters: $0.filters)) == nil
    } + linesOfOneChannel

  /// Few filters of one channel, whose vectors run along the lines with AVX-512.
  private static let linesOfOneChannel = (1...9).flatMap { filters in
    [7, 8, 16, 17, 32, 33, 70].compactMap { width in
      (try? WindowGeometry(
        input: [4, width, 1], kernel: Size2D(3, width % 2 == 0 ? 3 : 5), stride: 1, padding: .same,
        window: "kernel"))
        .map { WindowCase(geometry: $0, filters: filters, images: 2) }
    }
  }

  @Test func theGridIsLarge() {
    #expect(Self.grid.count > 100)
    #expect(Self.linesOfOneChannel.count == 63)
    #expect(Self.grid.contains { $0.geometry.stride != Size2D(1) && $0.filters > 32 })
    #expect(Self.grid.contains { $0.geometry.padLeft > 0 && $0.geometry.channels == 3 })
  }

  @Test(arguments: [1, 0, 0.1] as [Float]) func forward(slope: Float) {
    for example in Self.grid {
      let g = example.geometry
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let bias = Numbers(example.filters, "bias")
      var expected = [Double](repeating: 0, count: example.outputPixels * example.filters)
      NaiveConvolution(geometry: g, filters: example.filters).forward(
        x.doubles, kernel: kernel.doubles, output: &expected, rows: 0..<example.outputRows)
      for i in expected.indices {
        expected[i] += Double(bias.view[i % example.filters])
        if expected[i] < 0 { expected[i] *= Double(slope) }
      }
      let shallow = ShallowConvolution(geometry: g, filters: example.filters)
      let output = Numbers.poisoned(expected.count)
      let scratch = Numbers.poisoned(shallow.scratchFloats)
      let packed = Numbers.poisoned(shallow.packedFloats)
      shallow.pack(kernel.view, into: packed.view)
      for rows in [0..<example.outputRows / 3, example.outputRows / 3..<example.outputRows] {
        shallow.forward(
          x.view, packed: packed.view, bias: bias.view, slope: slope, output: output.view,
          rows: rows, scratch: scratch.view)
      }
      let error = relativeError(output.view.array, expected)
      #expect(error <= 1e-6, "\(example.testDescription)")
    }
  }

  @Test(arguments: [1, 0, 0.1] as [Float]) func backward(slope: Float) {
    for (number, example) in Self.grid.enumerated() {
      let g = example.geometry
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let count = example.outputPixels * example.filters
      let (dy, y) = (Numbers(count, "dy"), Numbers(count, "y"))
      let before = Numbers(example.kernelCount, "before")
      let dz = zip(dy.doubles, y.doubles).map { $1 > 0 ? $0 : $0 * Double(slope) }
      var kernelGradient = before.doubles
      var inputGradient = [Double](repeating: 0, count: example.inputCount)
      NaiveConvolution(geometry: g, filters: example.filters).backward(
        x.doubles, kernel: kernel.doubles, outputGradient: dz, kernelGradient: &kernelGradient,
        inputGradient: &inputGradient, images: example.images)
      var biasGradient = [Double](repeating: 1, count: example.filters)
      for (i, value) in dz.enumerated() { biasGradient[i % example.filters] += value }

      let shallow = ShallowConvolution(geometry: g, filters: example.filters)
      let (found, bias) = (
        AlignedBuffer(copying: before.view), AlignedBuffer(count: example.filters)
      )
      bias.view.fill(1)
      let input = Numbers.poisoned(example.inputCount)
      let wantsInput = number % 5 != 0
      let scratch = Numbers.poisoned(shallow.scratchFloats)
      let packed = Numbers.poisoned(shallow.packedBackwardFloats)
      shallow.packBackward(kernel.view, into: packed.view)
      shallow.backward(
        x.view, packed: packed.view, outputGradient: dy.view, outputs: y.view, slope: slope,
        kernelGradient: found.view, biasGradient: bias.view,
        inputGradient: wantsInput ? input.view : nil, scratch: scratch.view)
      let what = example.testDescription
      #expect(relativeError(found.view.array, kernelGradient) <= 5e-6, "kernel of \(what)")
      let summed = dz.reduce(1) { $0 + $1.magnitude }
      for (f, e) in zip(bias.view.array, biasGradient) {
        #expect((Double(f) - e).magnitude <= 1e-6 * summed, "bias of \(what)")
      }
      guard wantsInput else { continue }
      #expect(relativeError(input.view.array, inputGradient) <= 1e-6, "input of \(what)")
    }
  }

  @Test func tallKernelsAreRefused() {
    let error = #expect(throws: LayerError.self) {
      try Conv2D(4, kernel: Size2D(17, 1), algorithm: .shallow).outputShape(for: [[18, 8, 6]])
    }
    #expect(error?.description.contains("16 rows") ?? false)
  }
}
