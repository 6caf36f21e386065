import PinionTensor
import Testing

@testable import PinionLayers

/// Minimal filtering with a stride of 2 against the definition in double precision, within 2·10⁻⁶,
/// by norm and at the worst element.
@Suite struct StridedWinogradTests {
  /// Every height and width from 1 to 33, with all other choices sampled.
  private struct Example {
    let geometry: WindowGeometry
    let filters, images: Int
    let slope: Float

    static let grid: [Example] = {
      var choices = Choices("strided winograd")
      var examples: [Example] = []
      for size in 1...33 {
        for padding in Padding.allCases {
          for isHeight in [false, true] {
            let other = choices.pick([1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 28])
            let input: Shape = [
              isHeight ? size : other, isHeight ? other : size,
              choices.pick([1, 3, 7, 8, 16, 33, 64]),
            ]
            let (filters, images) = (choices.pick([1, 5, 8, 12, 31, 40]), choices.pick([1, 2, 7]))
            guard
              let geometry = try? WindowGeometry(
                input: input, kernel: 3, stride: 2, padding: padding, window: "kernel")
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

    var strided: StridedWinograd {
      StridedWinograd(geometry: geometry, filters: filters, batch: images)
    }
    var inputCount: Int { images * geometry.inputSize }
    var outputCount: Int { images * geometry.outputPixels * filters }
    var kernelCount: Int { geometry.windowSize * filters }
    var scratch: AlignedBuffer {
      Numbers.poisoned(strided.scratchFloats(tiles: images * strided.tilesPerImage))
    }

    var description: String {
      "\(images)×(\(geometry.inputHeight), \(geometry.inputWidth), \(geometry.channels)) at "
        + "\(geometry.padTop), \(geometry.padLeft) → \(filters), slope \(slope)"
    }

    func prepared(_ kernel: Numbers, isTransposed: Bool) -> AlignedBuffer {
      let transformed = Numbers.poisoned(
        isTransposed ? strided.transposedKernelFloats : strided.kernelFloats)
      let scratch = Numbers.poisoned(strided.preparationFloats)
      strided.prepare(
        kernel: kernel.view, isTransposed: isTransposed, transformed: transformed.view,
        scratch: scratch.view)
      return transformed
    }
  }

  @Test func theGridIsLarge() {
    #expect(Example.grid.count > 100)
    #expect(Set(Example.grid.map(\.geometry.inputHeight)).isSuperset(of: 1...33))
    #expect(Set(Example.grid.map(\.geometry.padTop)) == [0, 1])
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
      let strided = example.strided
      let transformed = example.prepared(kernel, isTransposed: false)
      let output = Numbers.poisoned(example.outputCount)
      let (tiles, scratch) = (example.images * strided.tilesPerImage, example.scratch)
      // In two parts, as threads share the tiles of few images.
      ComputeScope.run {
        for part in [0..<tiles / 3, tiles / 3..<tiles] {
          strided.forward(
            x.view, transformed: transformed.view, bias: bias.view, slope: example.slope,
            output: output.view, tiles: part, scratch: scratch.view)
        }
      }
      expectClose(output, expected, example.description)
    }
  }

  @Test func backward() {
    for (number, example) in Example.grid.enumerated() {
      let (x, kernel) = (Numbers(example.inputCount, "x"), Numbers(example.kernelCount, "kernel"))
      let dy = Numbers(example.outputCount, "dy")
      var kernelGradient = [Double](repeating: 0, count: example.kernelCount)
      var inputGradient = [Double](repeating: 0, count: example.inputCount)
      NaiveConvolution(geometry: example.geometry, filters: example.filters).backward(
        x.doubles, kernel: kernel.doubles, outputGradient: dy.doubles,
        kernelGradient: &kernelGradient, inputGradient: &inputGradient, images: example.images)
      let strided = example.strided
      let transposed = example.prepared(kernel, isTransposed: true)
      let sums = Numbers.poisoned(strided.sumFloats)
      let (input, found) = (
        Numbers.poisoned(example.inputCount), Numbers.poisoned(example.kernelCount)
      )
      let scratch = example.scratch
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
        expectClose(input, inputGradient, "input gradient of \(example.description)")
      }
      if number % 5 != 1 {
        expectClose(found, kernelGradient, "kernel gradient of \(example.description)")
      }
    }
  }

  /// A pixel reaches the outputs whose windows hold it, and no others.
  @Test func aNotANumberStaysInItsWindows() throws {
    let geometry = try WindowGeometry(
      input: [9, 8, 3], kernel: 3, stride: 2, padding: .same, window: "kernel")
    let example = Example(geometry: geometry, filters: 5, images: 1, slope: 1)
    let kernel = Numbers(example.kernelCount, "kernel", in: 0.5..<1)
    let transformed = example.prepared(kernel, isTransposed: false)
    let (strided, scratch) = (example.strided, example.scratch)
    for (row, column) in (0..<72).map({ ($0 / 8, $0 % 8) }) {
      let x = Numbers(example.inputCount, "x")
      x.view[(row * 8 + column) * 3 + 1] = .nan
      let output = Numbers.poisoned(example.outputCount)
      strided.forward(
        x.view, transformed: transformed.view, bias: nil, slope: 1, output: output.view,
        tiles: 0..<strided.tilesPerImage, scratch: scratch.view)
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
    let found = found.view.array
    #expect(relativeError(found, expected) <= 2e-6, "\(what)")
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    var worst = 0.0
    for (f, e) in zip(found, expected) { worst = max(worst, (Double(f) - e).magnitude) }
    #expect(worst <= 2e-6 * largest, "worst element of \(what)")
  }
}
