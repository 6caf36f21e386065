import PinionTensor
import Testing

@testable import PinionLayers

/// Minimal filtering with a stride of 2 against the definition in double precision, within 2·10⁻⁶,
/// by norm and at the worst element.
@Suite struct StridedWinogradTests {
  private static let tolerance = 2e-6

  private static let grid = TileExample.grid(
    "strided winograd", stride: 2, channels: [1, 3, 7, 8, 16, 33, 64],
    filters: [1, 5, 8, 12, 31, 40])

  private func strided(_ example: TileExample) -> StridedWinograd {
    StridedWinograd(geometry: example.geometry, filters: example.filters, batch: example.images)
  }

  @Test func theGridIsLarge() {
    #expect(Self.grid.count > 100)
    #expect(Set(Self.grid.map(\.geometry.inputHeight)).isSuperset(of: 1...33))
    #expect(Set(Self.grid.map(\.geometry.padTop)) == [0, 1])
  }

  @Test func forward() {
    for example in Self.grid {
      example.expectOutput(of: strided(example), within: Self.tolerance)
    }
  }

  @Test func backward() {
    for (number, example) in Self.grid.enumerated() {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let dy = Numbers(example.outputCount, "dy")
      let expected = example.gradients(x, kernel: kernel, dz: dy.doubles)
      let strided = strided(example)
      let transposed = example.prepared(kernel, for: strided, isTransposed: true)
      let sums = Numbers.poisoned(strided.sumFloats)
      let (input, found) = (
        Numbers.poisoned(example.inputCount), Numbers.poisoned(example.kernelCount)
      )
      let scratch = example.scratch(for: strided)
      // Each image in a call of its own, or all in one; not always both gradients.
      let calls = number % 3 == 0 ? example.images : 1
      ComputeScope.run {
        for call in 0..<calls {
          let part = { (count: Int) in call * count / calls..<(call + 1) * count / calls }
          strided.backward(
            x.view[part(example.inputCount)], transposed: transposed.view,
            gradients: StridedWinograd.Gradients(
              output: dy.view[part(example.outputCount)],
              kernelSums: number % 5 == 1 ? nil : sums.view, accumulates: call > 0,
              input: number % 5 == 0 ? nil : input.view[part(example.inputCount)]),
            scratch: scratch.view)
        }
        if number % 5 != 1 { strided.finishKernelGradient(sums.view, into: found.view) }
      }
      if number % 5 != 0 {
        expectClose(input, expected.input, "input gradient of \(example.description)")
      }
      if number % 5 != 1 {
        expectClose(found, expected.kernel, "kernel gradient of \(example.description)")
      }
    }
  }

  /// A pixel reaches the outputs whose windows hold it, and no others.
  @Test func aNotANumberStaysInItsWindows() throws {
    let geometry = try WindowGeometry(
      input: [9, 8, 3], kernel: 3, stride: 2, padding: .same, window: "kernel")
    let example = TileExample(geometry: geometry, filters: 5, images: 1, slope: 1)
    let kernel = Numbers(example.kernelCount, "kernel", in: 0.5..<1)
    let strided = strided(example)
    let transformed = example.prepared(kernel, for: strided, isTransposed: false)
    let scratch = example.scratch(for: strided)
    for (row, column) in (0..<72).map({ ($0 / 8, $0 % 8) }) {
      let x = Numbers(example.inputCount, "x")
      x.view[(row * 8 + column) * 3 + 1] = .nan
      let output = Numbers.poisoned(example.outputCount)
      strided.forward(
        x.view, transformed: transformed.view, bias: nil, slope: 1, output: output.view,
        tiles: 0..<strided.tiles.perImage, scratch: scratch.view)
      for place in 0..<geometry.outputPixels {
        let top = place / geometry.outputWidth * 2 - geometry.padTop
        let left = place % geometry.outputWidth * 2 - geometry.padLeft
        let isHeld = (top..<top + 3).contains(row) && (left..<left + 3).contains(column)
        #expect(
          output.view[place * 5..<place * 5 + 5].array.allSatisfy { $0.isNaN == isHeld },
          "NaN at \(row), \(column), output \(place)")
      }
    }
  }

  @Test func otherKernelsAreRefused() {
    for (kernel, stride): (Size2D, Size2D) in [
      (5, 2), (Size2D(3, 1), 2), (3, 1), (3, Size2D(2, 1)),
    ] {
      let layer = Conv2D(4, kernel: kernel, stride: stride, algorithm: .stridedWinograd)
      let error = #expect(throws: LayerError.self) { try layer.outputShape(for: [[8, 8, 2]]) }
      #expect(error?.description.contains("stride of 2") ?? false)
    }
  }

  @Test func isChosenWhereItSaves() throws {
    func choice(
      _ height: Int, _ channels: Int, _ filters: Int, batch: Int = 100,
      mode: LayerPass.Mode = .training
    ) throws -> ConvolutionAlgorithm {
      let input: Shape = [height, height, channels]
      let geometry = try WindowGeometry(
        input: input, kernel: 3, stride: 2, padding: .same, window: "kernel")
      let shape = ConvolutionShape(geometry: geometry, filters: filters)
      let pass = LayerPass(
        mode: mode, inputs: [input],
        output: [geometry.outputHeight, geometry.outputWidth, filters],
        batch: batch)
      return type(of: ConvolutionTable.implementation(.automatic, shape, in: pass)).algorithm
    }
    #expect(try choice(64, 32, 64) == .stridedWinograd)
    #expect(try choice(8, 64, 64) == .stridedWinograd)
    #expect(try choice(4, 256, 256) == .stridedWinograd)
    // Few channels, and maps of which tiles reach far over the border.
    #expect(try choice(64, 32, 32) == .shallow)
    #expect(try choice(6, 256, 256) == .im2col)
    #expect(try choice(2, 256, 256) == .im2col)
    // A kernel that is transformed for one image of a model that still trains.
    #expect(try choice(64, 64, 64, batch: 1, mode: .inference) == .im2col)
  }

  private func expectClose(_ found: AlignedBuffer, _ expected: [Double], _ what: String) {
    TileExample.expectClose(found, expected, within: Self.tolerance, what)
  }
}
