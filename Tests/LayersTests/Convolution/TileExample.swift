import PinionTensor
import Testing

@testable import PinionLayers

/// A 3 × 3 convolution for which minimal filtering is compared with the definition in double
/// precision, by norm and at the worst element.
struct TileExample: CustomStringConvertible {
  let geometry: WindowGeometry
  let filters, images: Int
  let slope: Float

  /// Every height and width from 1 to 33, with all other choices sampled.
  static func grid(
    _ name: String, stride: Size2D, channels: [Int], filters: [Int]
  ) -> [TileExample] {
    var choices = Choices(name)
    var examples: [TileExample] = []
    for size in 1...33 {
      for padding in Padding.allCases {
        for isHeight in [false, true] {
          let other = choices.pick([1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 28])
          let input: Shape = [
            isHeight ? size : other, isHeight ? other : size, choices.pick(channels),
          ]
          let (filters, images) = (choices.pick(filters), choices.pick([1, 2, 7]))
          guard
            let geometry = try? WindowGeometry(
              input: input, kernel: 3, stride: stride, padding: padding, window: "kernel")
          else { continue }
          examples.append(
            TileExample(
              geometry: geometry, filters: filters, images: images,
              slope: choices.pick([1, 0, 0.1])))
        }
      }
    }
    return examples
  }

  var inputCount: Int { images * geometry.inputSize }
  var outputCount: Int { images * geometry.outputPixels * filters }
  var kernelCount: Int { geometry.windowSize * filters }

  var description: String {
    "\(images)×(\(geometry.inputHeight), \(geometry.inputWidth), \(geometry.channels)) at "
      + "\(geometry.padTop), \(geometry.padLeft) → \(filters), slope \(slope)"
  }

  /// The definition.
  var twin: NaiveConvolution { NaiveConvolution(geometry: geometry, filters: filters) }

  /// The gradients of the kernel and of x by the definition.
  func gradients(
    _ x: Numbers, kernel: Numbers, dz: [Double]
  ) -> (kernel: [Double], input: [Double]) {
    var kernelGradient = [Double](repeating: 0, count: kernelCount)
    var inputGradient = [Double](repeating: 0, count: inputCount)
    twin.backward(
      x.doubles, kernel: kernel.doubles, outputGradient: dz, kernelGradient: &kernelGradient,
      inputGradient: &inputGradient, images: images)
    return (kernelGradient, inputGradient)
  }

  /// The transformed kernel.
  func prepared(
    _ kernel: Numbers, for convolution: some TiledConvolution, isTransposed: Bool
  ) -> AlignedBuffer {
    let transformed = Numbers.poisoned(
      isTransposed ? convolution.transposedKernelFloats : convolution.kernelFloats)
    let scratch = Numbers.poisoned(convolution.preparationFloats)
    convolution.prepare(
      kernel: kernel.view, isTransposed: isTransposed, transformed: transformed.view,
      scratch: scratch.view)
    return transformed
  }

  /// Scratch memory for the tiles of all images.
  func scratch(for convolution: some TiledConvolution) -> AlignedBuffer {
    Numbers.poisoned(convolution.scratchFloats(tiles: images * convolution.tiles.perImage))
  }

  /// Compares the output, with bias and slope, with the definition.
  func expectOutput(of convolution: some TiledConvolution, within tolerance: Double) {
    let (x, kernel) = (Numbers(inputCount, "x"), Numbers(kernelCount, "kernel"))
    let bias = Numbers(filters, "bias")
    var expected = [Double](repeating: 0, count: outputCount)
    twin.forward(
      x.doubles, kernel: kernel.doubles, output: &expected,
      rows: 0..<images * geometry.outputHeight)
    for (i, b) in expected.indices.map({ ($0, Double(bias.view[$0 % filters])) }) {
      expected[i] += b
      if expected[i] < 0 { expected[i] *= Double(slope) }
    }
    let transformed = prepared(kernel, for: convolution, isTransposed: false)
    let output = Numbers.poisoned(outputCount)
    let (tiles, scratch) = (images * convolution.tiles.perImage, scratch(for: convolution))
    // In two parts, as threads share the tiles of few images.
    ComputeScope.run {
      for part in [0..<tiles / 3, tiles / 3..<tiles] {
        convolution.forward(
          x.view, transformed: transformed.view, bias: bias.view, slope: slope,
          output: output.view, tiles: part, scratch: scratch.view)
      }
    }
    Self.expectClose(output, expected, within: tolerance, description)
  }

  static func expectClose(
    _ found: AlignedBuffer, _ expected: [Double], within tolerance: Double, _ what: String
  ) {
    let found = found.view.array
    #expect(relativeError(found, expected) <= tolerance, "\(what)")
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    var worst = 0.0
    for (f, e) in zip(found, expected) { worst = max(worst, (Double(f) - e).magnitude) }
    #expect(worst <= tolerance * largest, "worst element of \(what)")
  }
}
