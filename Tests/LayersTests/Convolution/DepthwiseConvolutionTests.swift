import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Depthwise convolutions against the definition in double precision.
@Suite struct DepthwiseConvolutionTests {
  @Test(arguments: [1, 0, 0.1] as [Float]) func forward(slope: Float) {
    for (number, example) in WindowCase.depthwise.enumerated() {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let bias = number % 3 == 0 ? nil : Numbers(example.filters, "bias")
      var expected = [Double](repeating: 0, count: example.outputPixels * example.filters)
      example.twin.forward(
        x.doubles, kernel: kernel.doubles, output: &expected, rows: 0..<example.outputRows)
      for i in expected.indices {
        if let bias { expected[i] += Double(bias.view[i % example.filters]) }
        if expected[i] < 0 { expected[i] *= Double(slope) }
      }
      let depthwise = convolution(example)
      let output = Numbers.poisoned(expected.count)
      let scratch = Numbers.poisoned(depthwise.scratchFloats)
      for rows in [0..<example.outputRows / 3, example.outputRows / 3..<example.outputRows] {
        let row = depthwise.rowSize
        depthwise.forward(
          x.view, kernel: kernel.view, bias: bias?.view, slope: slope, rows: rows,
          into: output.view[rows.lowerBound * row..<rows.upperBound * row],
          scratch: scratch.view)
      }
      #expect(relativeError(output.view.array, expected) <= 1e-6, "\(example.testDescription)")
    }
  }

  @Test func backward() {
    for (number, example) in WindowCase.depthwise.enumerated() {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let dz = Numbers(example.outputPixels * example.filters, "dz")
      let before = Numbers(example.kernelCount, "before")
      var kernelGradient = before.doubles
      var inputGradient = [Double](repeating: 0, count: example.inputCount)
      example.twin.backward(
        x.doubles, kernel: kernel.doubles, outputGradient: dz.doubles,
        kernelGradient: &kernelGradient, inputGradient: &inputGradient, images: example.images)
      let depthwise = convolution(example)
      let found = AlignedBuffer(copying: before.view)
      let input = Numbers.poisoned(example.inputCount)
      let (wantsKernel, wantsInput) = (number % 7 != 1, number % 5 != 0)
      let scratch = Numbers.poisoned(depthwise.scratchFloats)
      depthwise.backward(
        x.view, kernel: kernel.view, outputGradient: dz.view,
        kernelGradient: wantsKernel ? found.view : nil,
        inputGradient: wantsInput ? input.view : nil, scratch: scratch.view)
      let what = example.testDescription
      if wantsKernel {
        #expect(relativeError(found.view.array, kernelGradient) <= 5e-6, "kernel of \(what)")
      }
      if wantsInput {
        #expect(relativeError(input.view.array, inputGradient) <= 1e-6, "input of \(what)")
      }
    }
  }

  private func convolution(_ example: WindowCase) -> DepthwiseConvolution {
    DepthwiseConvolution(
      geometry: example.geometry, multiplier: example.filters / example.groups)
  }
}
