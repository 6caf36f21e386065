import PinionTensor
import Testing

@testable import PinionLayers

/// Winograd's algorithm against the definition in double precision, within 5·10⁻⁶, by norm and at
/// the worst element.
@Suite struct WinogradTests {
  /// Every height and width from 1 to 33, with all other choices sampled.
  private struct Example {
    let geometry: WindowGeometry
    let filters, images: Int
    let slope: Float

    static let grid: [Example] = {
      var choices = Choices("winograd")
      var examples: [Example] = []
      for size in 1...33 {
        for padding in Padding.allCases {
          for isHeight in [false, true] {
            let other = choices.pick([1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 28])
            let input: Shape = [
              isHeight ? size : other, isHeight ? other : size,
              choices.pick([1, 3, 7, 16, 32, 33, 48, 64]),
            ]
            let (filters, images) = (
              choices.pick([1, 5, 12, 16, 31, 32, 40]), choices.pick([1, 2, 7])
            )
            guard
              let geometry = try? WindowGeometry(
                input: input, kernel: 3, stride: 1, padding: padding, window: "kernel")
            else { continue }
            examples.append(
              Example(
                geometry: geometry, filters: filters, images: images,
                slope: choices.pick([1, 0, 0.1])))
          }
        }
      }
      return examples
    }()

    var winograd: Winograd { Winograd(geometry: geometry, filters: filters, batch: images) }
    var inputCount: Int { images * geometry.inputSize }
    var outputCount: Int { images * geometry.outputPixels * filters }
    var kernelCount: Int { geometry.windowSize * filters }

    var description: String {
      "\(images)×(\(geometry.inputHeight), \(geometry.inputWidth), \(geometry.channels)) at "
        + "\(geometry.padTop) → \(filters), slope \(slope)"
    }

    /// The transformed kernel, both ways.
    func prepared(_ kernel: Numbers) -> (transformed: AlignedBuffer, transposed: AlignedBuffer) {
      let count = winograd.kernelFloats
      let (transformed, transposed) = (Numbers.poisoned(count), Numbers.poisoned(count))
      let scratch = Numbers.poisoned(winograd.preparationFloats)
      for (isTransposed, matrices) in [(false, transformed), (true, transposed)] {
        winograd.prepare(
          kernel: kernel.view, isTransposed: isTransposed, transformed: matrices.view,
          scratch: scratch.view)
      }
      return (transformed, transposed)
    }
  }

  @Test func theGridIsLarge() {
    #expect(Example.grid.count > 100)
    let sizes = Set(Example.grid.map(\.geometry.inputHeight))
    #expect(sizes.isSuperset(of: 1...33))
  }

  @Test func forward() {
    for example in Example.grid {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let bias = Numbers(example.filters, "bias")
      var expected = [Double](repeating: 0, count: example.outputCount)
      NaiveConvolution(geometry: example.geometry, filters: example.filters).forward(
        x.doubles, kernel: kernel.doubles, output: &expected,
        rows: 0..<example.images * example.geometry.outputHeight)
      for (i, b) in expected.indices.map({ ($0, Double(bias.view[$0 % example.filters])) }) {
        expected[i] += b
        if expected[i] < 0 { expected[i] *= Double(example.slope) }
      }
      let winograd = example.winograd
      let prepared = example.prepared(kernel)
      let output = Numbers.poisoned(example.outputCount)
      let tiles = example.images * winograd.tilesPerImage
      let scratch = Numbers.poisoned(winograd.scratchFloats(tiles: tiles))
      // In two parts, as threads share the tiles of few images.
      ComputeScope.run {
        for part in [0..<tiles / 3, tiles / 3..<tiles] {
          winograd.forward(
            x.view, transformed: prepared.transformed.view, bias: bias.view, slope: example.slope,
            output: output.view, tiles: part, scratch: scratch.view)
        }
      }
      expectClose(output, expected, example.description)
    }
  }

  @Test func backward() {
    for (number, example) in Example.grid.enumerated() {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let (dy, y) = (Numbers(example.outputCount, "dy"), Numbers(example.outputCount, "y"))
      let dz = zip(dy.doubles, y.doubles).map { $1 > 0 ? $0 : $0 * Double(example.slope) }
      var kernelGradient = [Double](repeating: 0, count: example.kernelCount)
      var inputGradient = [Double](repeating: 0, count: example.inputCount)
      NaiveConvolution(geometry: example.geometry, filters: example.filters).backward(
        x.doubles, kernel: kernel.doubles, outputGradient: dz, kernelGradient: &kernelGradient,
        inputGradient: &inputGradient, images: example.images)
      var biasGradient = [Double](repeating: 1, count: example.filters)
      for (i, value) in dz.enumerated() { biasGradient[i % example.filters] += value }

      let winograd = example.winograd
      let prepared = example.prepared(kernel)
      let sums = Numbers.poisoned(winograd.sumFloats)
      let bias = AlignedBuffer(count: example.filters)
      bias.view.fill(1)
      let input = Numbers.poisoned(example.inputCount)
      let wantsInput = number % 5 != 0
      let scratch = Numbers.poisoned(
        winograd.scratchFloats(tiles: example.images * winograd.tilesPerImage))
      let found = Numbers.poisoned(example.kernelCount)
      ComputeScope.run {
        winograd.backward(
          x.view, transposed: prepared.transposed.view,
          gradients: Winograd.Gradients(
            output: dy.view, outputs: y.view, slope: example.slope, bias: bias.view,
            kernelSums: sums.view, accumulates: false,
            input: wantsInput ? input.view : nil),
          scratch: scratch.view)
        winograd.finishKernelGradient(sums.view, into: found.view)
      }
      expectClose(found, kernelGradient, "kernel gradient of \(example.description)")
      // Sums of numbers of both signs: their rounding is measured by what was summed.
      let summed = dz.reduce(1) { $0 + $1.magnitude }
      for (f, e) in zip(bias.view.array, biasGradient) {
        #expect(
          (Double(f) - e).magnitude <= 5e-6 * summed, "bias gradient of \(example.description)")
      }
      if wantsInput {
        expectClose(input, inputGradient, "input gradient of \(example.description)")
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
    let scratch = Numbers.poisoned(winograd.scratchFloats(tiles: 4 * winograd.tilesPerImage))
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
    let found = found.view.array
    #expect(relativeError(found, expected) <= 5e-6, "\(what)")
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    var worst = 0.0
    for (f, e) in zip(found, expected) { worst = max(worst, (Double(f) - e).magnitude) }
    #expect(worst <= 5e-6 * largest, "worst element of \(what)")
  }
}
