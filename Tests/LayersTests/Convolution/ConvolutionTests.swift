import PinionTensor
import Testing

@testable import PinionLayers

/// Convolutions by matrix products against their twin in double precision, within 10⁻⁵ (see
/// `relativeError`).
@Suite struct ConvolutionTests {
  private static let grid = WindowCase.grid + WindowCase.dilatedAndGrouped

  @Test func forward() {
    for example in Self.grid {
      let (x, kernel) = (
        Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel")
      )
      let width = example.geometry.outputWidth * example.filters
      var expected = [Double](repeating: 0, count: example.outputRows * width)
      example.twin.forward(
        x.doubles, kernel: kernel.doubles, output: &expected, rows: 0..<example.outputRows)
      // In two parts, as threads share the rows of few images.
      let output = Numbers.poisoned(expected.count)
      let cut = example.outputRows / 3
      for rows in [0..<cut, cut..<example.outputRows] where !rows.isEmpty {
        var next = rows.lowerBound
        convolution(example).run { convolution, scratch in
          convolution.forward(
            x.view, kernel: kernel.view, output: output.view, rows: rows, scratch: scratch
          ) { block in
            #expect(block.lowerBound == next && !block.isEmpty)
            next = block.upperBound
          }
        }
        #expect(next == rows.upperBound)
      }
      let error = relativeError(output.view.array, expected)
      #expect(error <= 1e-5, "\(example.testDescription)")
    }
  }

  @Test(arguments: [false, true]) func backward(accumulates: Bool) {
    for (number, example) in Self.grid.enumerated() {
      let (x, kernel) = (
        Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel")
      )
      let dy = Numbers(example.outputPixels * example.filters, "dy")
      let before = Numbers(example.kernelCount, "before")
      var kernelGradient = accumulates ? before.doubles : before.doubles.map { _ in 0 }
      var inputGradient = [Double](repeating: 0, count: example.inputCount)
      example.twin.backward(
        x.doubles, kernel: kernel.doubles, outputGradient: dy.doubles,
        kernelGradient: &kernelGradient, inputGradient: &inputGradient, images: example.images)
      let fastKernel =
        accumulates ? AlignedBuffer(copying: before.view) : Numbers.poisoned(before.view.count)
      let fastInput = Numbers.poisoned(example.inputCount)
      let wantsInput = number % 5 != 0
      convolution(example).run { convolution, scratch in
        convolution.backward(
          x.view, kernel: kernel.view, outputGradient: dy.view, kernelGradient: fastKernel.view,
          accumulates: accumulates, inputGradient: wantsInput ? fastInput.view : nil,
          scratch: scratch)
      }
      let error = relativeError(fastKernel.view.array, kernelGradient)
      #expect(error <= 1e-5, "kernel gradient of \(example.testDescription)")
      guard wantsInput else { continue }
      let inputError = relativeError(fastInput.view.array, inputGradient)
      #expect(inputError <= 1e-5, "input gradient of \(example.testDescription)")
    }
  }

  /// ⟨gather x, c⟩ = ⟨x, scatter c⟩ for whole numbers, whose sums are exact.
  @Test func gatherAndScatterAreAdjoint() {
    for example in Self.grid {
      let g = example.geometry
      let x = Numbers(example.inputCount, "x", in: -4..<4, areWhole: true)
      let c = Numbers(example.outputPixels * g.windowSize, "columns", in: -4..<4, areWhole: true)
      let columns = Numbers.poisoned(c.view.count)
      let images = AlignedBuffer(count: example.inputCount)
      let im2col = Im2col(geometry: g, filters: example.filters, groups: example.groups)
      let cut = example.outputRows / 2
      for rows in [0..<cut, cut..<example.outputRows] {
        let row = g.outputWidth * g.windowSize
        let part = rows.lowerBound * row..<rows.upperBound * row
        im2col.gather(x.view, rows: rows, into: columns.view[part])
        im2col.scatter(c.view[part], rows: rows, into: images.view)
      }
      #expect(
        product(columns.view, c.view) == product(x.view, images.view), "\(example.testDescription)")
    }
  }

  private func product(_ a: MemoryView<Float>, _ b: MemoryView<Float>) -> Double {
    zip(a.array, b.array).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private func convolution(_ example: WindowCase) -> Prepared {
    Prepared(
      convolution: Im2col(
        geometry: example.geometry, filters: example.filters, groups: example.groups),
      rows: example.outputRows)
  }

  /// A convolution with as much scratch memory as its layer asks for.
  private struct Prepared {
    let convolution: Im2col
    let rows: Int

    func run(_ body: (Im2col, MemoryView<Float>) -> Void) {
      let scratch = Numbers.poisoned(convolution.scratchFloats(rows: rows))
      ComputeScope.run { body(convolution, scratch.view) }
    }
  }
}
