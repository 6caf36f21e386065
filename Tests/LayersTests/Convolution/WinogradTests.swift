import PinionTensor
import Testing

@testable import PinionLayers

/// Winograd's algorithm against the definition in double precision, within 5·10⁻⁶, by norm and at
/// the worst element.
@Suite struct WinogradTests {
  private static let tolerance = 5e-6

  private static let grid = TileExample.grid(
    "winograd", stride: 1, channels: [1, 3, 7, 16, 32, 33, 48, 64],
    filters: [1, 5, 12, 16, 31, 32, 40])

  private func winograd(_ example: TileExample) -> Winograd {
    Winograd(geometry: example.geometry, filters: example.filters, batch: example.images)
  }

  @Test func theGridIsLarge() {
    #expect(Self.grid.count > 100)
    let sizes = Set(Self.grid.map(\.geometry.inputHeight))
    #expect(sizes.isSuperset(of: 1...33))
  }

  @Test func forward() {
    for example in Self.grid {
      example.expectOutput(of: winograd(example), within: Self.tolerance)
    }
  }

  @Test func backward() {
    for (number, example) in Self.grid.enumerated() {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let (dy, y) = (Numbers(example.outputCount, "dy"), Numbers(example.outputCount, "y"))
      let dz = zip(dy.doubles, y.doubles).map { $1 > 0 ? $0 : $0 * Double(example.slope) }
      let expected = example.gradients(x, kernel: kernel, dz: dz)
      var biasGradient = [Double](repeating: 1, count: example.filters)
      for (i, value) in dz.enumerated() { biasGradient[i % example.filters] += value }

      let winograd = winograd(example)
      let transposed = example.prepared(kernel, for: winograd, isTransposed: true)
      let sums = Numbers.poisoned(winograd.sumFloats)
      let bias = AlignedBuffer(count: example.filters)
      bias.view.fill(1)
      let input = Numbers.poisoned(example.inputCount)
      let wantsInput = number % 5 != 0
      let scratch = example.scratch(for: winograd)
      let found = Numbers.poisoned(example.kernelCount)
      ComputeScope.run {
        winograd.backward(
          x.view, transposed: transposed.view,
          gradients: Winograd.Gradients(
            output: dy.view, outputs: y.view, slope: example.slope, bias: bias.view,
            kernelSums: sums.view, accumulates: false,
            input: wantsInput ? input.view : nil),
          scratch: scratch.view)
        winograd.finishKernelGradient(sums.view, into: found.view)
      }
      expectClose(found, expected.kernel, "kernel gradient of \(example.description)")
      // Sums of numbers of both signs: their rounding is measured by what was summed.
      let summed = dz.reduce(1) { $0 + $1.magnitude }
      for (f, e) in zip(bias.view.array, biasGradient) {
        #expect(
          (Double(f) - e).magnitude <= Self.tolerance * summed,
          "bias gradient of \(example.description)")
      }
      if wantsInput {
        expectClose(input, expected.input, "input gradient of \(example.description)")
      }
    }
  }

  /// Two calls that add up give what one gives.
  @Test func sumsOfTransformedGradientsGoOn() throws {
    let geometry = try WindowGeometry(
      input: [9, 6, 16], kernel: 3, stride: 1, padding: .same, window: "kernel")
    let winograd = Winograd(geometry: geometry, filters: 20, batch: 4)
    let (x, dy) = (Numbers(4 * geometry.inputSize, "x"), Numbers(4 * 9 * 6 * 20, "dy"))
    let transposed = Numbers(winograd.kernelFloats, "transposed")
    let scratch = Numbers.poisoned(winograd.scratchFloats(tiles: 4 * winograd.tiles.perImage))
    func gradient(calls: Int) -> [Double] {
      let sums = Numbers.poisoned(winograd.sumFloats)
      ComputeScope.run {
        for call in 0..<calls {
          let part = { (count: Int) in call * count / calls..<(call + 1) * count / calls }
          winograd.backward(
            x.view[part(x.view.count)], transposed: transposed.view,
            gradients: Winograd.Gradients(
              output: dy.view[part(dy.view.count)], outputs: nil, slope: 1, bias: nil,
              kernelSums: sums.view, accumulates: call > 0, input: nil),
            scratch: scratch.view)
        }
      }
      return sums.view[0..<Winograd.places * 16 * 20].array.map(Double.init)
    }
    #expect(relativeError(gradient(calls: 2).map { Float($0) }, gradient(calls: 1)) < 1e-6)
  }

  @Test func rectifiersKeepNaNAndDropInfinity() throws {
    let geometry = try WindowGeometry(
      input: [4, 4, 1], kernel: 3, stride: 1, padding: .same, window: "kernel")
    let winograd = Winograd(geometry: geometry, filters: 2, batch: 1)
    let planes = AlignedBuffer(count: winograd.kernelFloats)
    let x = AlignedBuffer(count: 16)
    let bias = AlignedBuffer(count: 2)
    (bias.view[0], bias.view[1]) = (.nan, -.infinity)
    let output = Numbers.poisoned(32)
    let scratch = Numbers.poisoned(winograd.scratchFloats(tiles: 1))
    winograd.forward(
      x.view, transformed: planes.view, bias: bias.view, slope: 0, output: output.view,
      tiles: 0..<1, scratch: scratch.view)
    for pixel in 0..<16 {
      #expect(output.view[2 * pixel].isNaN)
      #expect(output.view[2 * pixel + 1] == 0)
    }
  }

  @Test func otherKernelsAreRefused() {
    for (kernel, stride): (Size2D, Size2D) in [(5, 1), (Size2D(3, 1), 1), (3, 2)] {
      let layer = Conv2D(4, kernel: kernel, stride: stride, algorithm: .winograd)
      let error = #expect(throws: LayerError.self) { try layer.outputShape(for: [[8, 8, 2]]) }
      #expect(error?.description.contains("3 × 3") ?? false)
    }
  }

  private func expectClose(_ found: AlignedBuffer, _ expected: [Double], _ what: String) {
    TileExample.expectClose(found, expected, within: Self.tolerance, what)
  }
}
