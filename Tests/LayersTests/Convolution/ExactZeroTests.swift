import PinionTensor
import Testing

@testable import PinionLayers

/// Sums of zeros by the definition are exactly zero by every algorithm: an optimizer that divides
/// by the gradient's magnitude, as Adam does, would make full steps from rounding errors.
///
/// All numbers are positive or zero, so that a sum in the twin is zero only if each of its products
/// is.
@Suite struct ExactZeroTests {
  /// Where the zeros of x and dy are.
  enum Zeros: CaseIterable, CustomStringConvertible {
    /// Only those that the windows skip, and the padding.
    case none
    /// All gradients but those of every second or third row and column, as under a convolution of
    /// 1 × 1 with that stride.
    case strided2, strided3
    /// Most of both, at random.
    case sparse, sparser
    /// Whole channels and filters, and half of the rest.
    case channels
    /// The image's border, as on a background of zeros.
    case border
    /// Of some channels all but the last column, of some filters all but the first row.
    case edges

    func keepsInput(_ place: Place, _ draw: Int) -> Bool {
      switch self {
      case .none, .strided2, .strided3: true
      case .sparse: draw % 8 < 2
      case .sparser: draw % 64 < 2
      case .channels: place.channel % 3 != 1 && draw % 2 == 0
      case .border: place.row == 1 && place.column == 1
      case .edges: place.channel % 3 != 1 || place.isInLastColumn
      }
    }

    func keepsGradient(_ place: Place, _ draw: Int) -> Bool {
      switch self {
      case .none, .border: true
      case .strided2: place.row % 2 == 0 && place.column % 2 == 0
      case .strided3: place.row % 3 == 0 && place.column % 3 == 0
      case .sparse: draw % 8 < 2
      case .sparser: draw % 64 < 2
      case .channels: place.channel % 4 != 2 && draw % 2 == 0
      case .edges: place.channel % 2 != 1 || place.row == 0
      }
    }

    /// Whether so few values are not zero that all products of a channel and a filter may be zero
    /// by chance.
    var areMostly: Bool { self == .sparse || self == .sparser }

    var description: String {
      switch self {
      case .none: "none"
      case .strided2: "strided2"
      case .strided3: "strided3"
      case .sparse: "sparse"
      case .sparser: "sparser"
      case .channels: "channels"
      case .border: "border"
      case .edges: "edges"
      }
    }
  }

  struct Place {
    let row, column, channel: Int
    let isInLastColumn: Bool
  }

  /// A convolution, its numbers, and its gradients by the definition.
  private struct Example {
    let geometry: WindowGeometry
    let filters, images: Int
    let x, kernel, dy: Numbers
    var output, kernelGradient, inputGradient: [Double]

    init(_ geometry: WindowGeometry, filters: Int, images: Int, _ zeros: Zeros) {
      (self.geometry, self.filters, self.images) = (geometry, filters, images)
      let g = geometry
      var choices = Choices("zeros")
      func numbers(
        _ name: String, _ height: Int, _ width: Int, _ channels: Int,
        keeps: (Place, Int) -> Bool
      ) -> Numbers {
        let numbers = Numbers(images * height * width * channels, name, in: 0.5..<1)
        for i in numbers.view.indices {
          let pixel = i / channels
          let place = Place(
            row: pixel / width % height, column: pixel % width, channel: i % channels,
            isInLastColumn: pixel % width == width - 1)
          if !keeps(place, choices.below(1 << 16)) { numbers.view[i] = 0 }
        }
        return numbers
      }
      x = numbers("x", g.inputHeight, g.inputWidth, g.channels, keeps: zeros.keepsInput)
      dy = numbers("dy", g.outputHeight, g.outputWidth, filters, keeps: zeros.keepsGradient)
      kernel = Numbers(g.windowSize * filters, "kernel", in: 0.5..<1)
      output = [Double](repeating: 0, count: dy.view.count)
      kernelGradient = [Double](repeating: 0, count: kernel.view.count)
      inputGradient = [Double](repeating: 0, count: x.view.count)
      let twin = NaiveConvolution(geometry: g, filters: filters)
      twin.forward(
        x.doubles, kernel: kernel.doubles, output: &output, rows: 0..<images * g.outputHeight)
      twin.backward(
        x.doubles, kernel: kernel.doubles, outputGradient: dy.doubles,
        kernelGradient: &kernelGradient, inputGradient: &inputGradient, images: images)
    }

    var hasZeros: Bool {
      [output, kernelGradient, inputGradient].contains { $0.contains(0) }
    }
  }

  /// All sizes of 1…5 × 1…5, kernels, strides and paddings.
  private static let geometries: [WindowGeometry] = {
    var geometries: [WindowGeometry] = []
    for (height, width) in (0..<25).map({ ($0 / 5 + 1, $0 % 5 + 1) }) {
      for kernel: Size2D in [1, 2, 3, 4, Size2D(3, 2), Size2D(2, 5)] {
        for stride: Size2D in [1, 2, Size2D(1, 3)] {
          for padding in Padding.allCases {
            let geometry = try? WindowGeometry(
              input: [height, width, 3], kernel: kernel, stride: stride, padding: padding,
              window: "kernel")
            if let geometry { geometries.append(geometry) }
          }
        }
      }
    }
    return geometries
  }()

  @Test(arguments: Zeros.allCases) func sumsOfZerosAreZero(zeros: Zeros) {
    var counts = [Int](repeating: 0, count: 4)
    for geometry in Self.geometries {
      let example = Example(geometry, filters: 5, images: 2, zeros)
      counts[0] += example.hasZeros ? 1 : 0
      expectZerosOfColumns(example)
      let shape = ConvolutionShape(geometry: geometry, filters: 5)
      if ShallowConvolution.limitation(shape) == nil {
        counts[1] += 1
        expectZerosOfShallow(example)
      }
      if Winograd.limitation(shape) == nil {
        counts[2] += 1
        expectZerosOfWinograd(example)
      }
      if StridedWinograd.limitation(shape) == nil {
        counts[3] += 1
        expectZerosOfStrided(example)
      }
    }
    #expect(counts[0] > 100 && counts[1] > 100 && counts[2] >= 30 && counts[3] >= 30)
  }

  /// Channels and filters beyond a vector and beyond a word, and more outputs than a word has bits;
  /// with more than 256 outputs, only zeros that whole channels or filters share.
  @Test(arguments: Zeros.allCases) func sumsOfZerosAreZeroInLargeMaps(zeros: Zeros) throws {
    for (height, width, channels, filters, images) in [
      (3, 3, 17, 70, 1), (2, 2, 16, 16, 33), (9, 10, 33, 20, 2), (7, 13, 16, 129, 2),
      (12, 12, 16, 20, 4),
    ] where !zeros.areMostly || images * height * width <= 256 {
      for padding in Padding.allCases where min(height, width) > 2 || padding == .same {
        let geometry = try WindowGeometry(
          input: [height, width, channels], kernel: 3, stride: 1, padding: padding, window: "kernel"
        )
        expectZerosOfWinograd(Example(geometry, filters: filters, images: images, zeros))
        let strided = try WindowGeometry(
          input: [2 * height, 2 * width - 1, channels], kernel: 3, stride: 2, padding: padding,
          window: "kernel")
        expectZerosOfStrided(Example(strided, filters: filters, images: images, zeros))
      }
    }
  }

  @Test func mapsOnWhichWinogradSavesNothingGoByOthers() throws {
    func choice(_ height: Int, _ width: Int) throws -> ConvolutionAlgorithm {
      let input: Shape = [height, width, 32]
      let shape = ConvolutionShape(
        geometry: try WindowGeometry(
          input: input, kernel: 3, stride: 1, padding: .same, window: "kernel"), filters: 32)
      let pass = LayerPass(mode: .training, inputs: [input], output: input, batch: 100)
      return type(of: ConvolutionTable.implementation(.automatic, shape, in: pass)).algorithm
    }
    for (height, width) in [(1, 1), (28, 1), (2, 2)] {
      #expect(try choice(height, width) == .im2col)
    }
    #expect(try choice(1, 28) == .shallow)
    for (height, width) in [(2, 4), (3, 3), (4, 4), (28, 28)] {
      #expect(try choice(height, width) == .winograd)
    }
  }

  // MARK: Algorithms

  private func expectZerosOfColumns(_ example: Example) {
    let g = example.geometry
    let convolution = Im2col(geometry: g, filters: example.filters)
    let rows = example.images * g.outputHeight
    let scratch = Numbers.poisoned(convolution.scratchFloats(rows: rows))
    let (y, dw, dx) = results(example)
    ComputeScope.run {
      convolution.forward(
        example.x.view, kernel: example.kernel.view, output: y.view, rows: 0..<rows,
        scratch: scratch.view, finish: { _ in })
      convolution.backward(
        example.x.view, kernel: example.kernel.view, outputGradient: example.dy.view,
        kernelGradient: dw.view, accumulates: false, inputGradient: dx.view, scratch: scratch.view)
    }
    expectZeros(example, y, dw, dx, "im2col")
  }

  private func expectZerosOfShallow(_ example: Example) {
    let g = example.geometry
    let shallow = ShallowConvolution(geometry: g, filters: example.filters)
    let scratch = Numbers.poisoned(shallow.scratchFloats)
    let (y, dw, dx) = results(example)
    dw.view.fill(0)
    let packed = Numbers.poisoned(shallow.packedFloats)
    let backward = Numbers.poisoned(shallow.packedBackwardFloats)
    shallow.pack(example.kernel.view, into: packed.view)
    shallow.packBackward(example.kernel.view, into: backward.view)
    shallow.forward(
      example.x.view, packed: packed.view, bias: nil, slope: 1, output: y.view,
      rows: 0..<example.images * g.outputHeight, scratch: scratch.view)
    shallow.backward(
      example.x.view, packed: backward.view, outputGradient: example.dy.view, outputs: nil,
      slope: 1, kernelGradient: dw.view, biasGradient: nil, inputGradient: dx.view,
      scratch: scratch.view)
    expectZeros(example, y, dw, dx, "shallow")
  }

  /// All images in one call, and each in one of its own; gradients as they are, and under a
  /// rectifier that half of dy passes.
  private func expectZerosOfWinograd(_ example: Example) {
    let g = example.geometry
    let winograd = Winograd(geometry: g, filters: example.filters, batch: example.images)
    let (transformed, transposed) = (
      Numbers.poisoned(winograd.kernelFloats), Numbers.poisoned(winograd.kernelFloats)
    )
    let scratch = Numbers.poisoned(
      winograd.scratchFloats(tiles: example.images * winograd.tiles.perImage))
    let copy = Numbers.poisoned(winograd.preparationFloats)
    for (isTransposed, matrices) in [(false, transformed), (true, transposed)] {
      winograd.prepare(
        kernel: example.kernel.view, isTransposed: isTransposed, transformed: matrices.view,
        scratch: copy.view)
    }
    // dy where there is one, and noise that a rectifier drops elsewhere.
    let noisy = Numbers(example.dy.view.count, "noise", in: 0.5..<1)
    for (i, value) in example.dy.view.array.enumerated() where value != 0 { noisy.view[i] = value }
    for calls in [1, example.images] {
      for isRectified in [false, true] {
        let (y, dw, dx) = results(example)
        let sums = Numbers.poisoned(winograd.sumFloats)
        ComputeScope.run {
          winograd.forward(
            example.x.view, transformed: transformed.view, bias: nil, slope: 1, output: y.view,
            tiles: 0..<example.images * winograd.tiles.perImage, scratch: scratch.view)
          for call in 0..<calls {
            let part = { (count: Int) in call * count / calls..<(call + 1) * count / calls }
            let outputs = part(example.dy.view.count)
            let inputs = part(example.x.view.count)
            winograd.backward(
              example.x.view[inputs], transposed: transposed.view,
              gradients: Winograd.Gradients(
                output: (isRectified ? noisy : example.dy).view[outputs],
                outputs: isRectified ? example.dy.view[outputs] : nil, slope: isRectified ? 0 : 1,
                bias: nil, kernelSums: sums.view, accumulates: call > 0, input: dx.view[inputs]),
              scratch: scratch.view)
          }
          winograd.finishKernelGradient(sums.view, into: dw.view)
        }
        expectZeros(example, y, dw, dx, "winograd, \(calls) calls, rectified \(isRectified)")
      }
    }
  }

  private func expectZerosOfStrided(_ example: Example) {
    let strided = StridedWinograd(
      geometry: example.geometry, filters: example.filters, batch: example.images)
    let tiles = example.images * strided.tiles.perImage
    let scratch = Numbers.poisoned(strided.scratchFloats(tiles: tiles))
    let transformed = Numbers.poisoned(strided.kernelFloats)
    let transposed = Numbers.poisoned(strided.transposedKernelFloats)
    let copy = Numbers.poisoned(strided.preparationFloats)
    for (isTransposed, matrices) in [(false, transformed), (true, transposed)] {
      strided.prepare(
        kernel: example.kernel.view, isTransposed: isTransposed, transformed: matrices.view,
        scratch: copy.view)
    }
    for calls in [1, example.images] {
      let (y, dw, dx) = results(example)
      let sums = Numbers.poisoned(strided.sumFloats)
      ComputeScope.run {
        strided.forward(
          example.x.view, transformed: transformed.view, bias: nil, slope: 1, output: y.view,
          tiles: 0..<tiles, scratch: scratch.view)
        for call in 0..<calls {
          let part = { (count: Int) in call * count / calls..<(call + 1) * count / calls }
          strided.backward(
            example.x.view[part(example.x.view.count)], transposed: transposed.view,
            gradients: StridedWinograd.Gradients(
              output: example.dy.view[part(example.dy.view.count)], kernelSums: sums.view,
              accumulates: call > 0, input: dx.view[part(example.x.view.count)]),
            scratch: scratch.view)
        }
        strided.finishKernelGradient(sums.view, into: dw.view)
      }
      expectZeros(example, y, dw, dx, "strided-winograd, \(calls) calls")
    }
  }

  private func results(_ example: Example) -> (AlignedBuffer, AlignedBuffer, AlignedBuffer) {
    (
      Numbers.poisoned(example.output.count), Numbers.poisoned(example.kernelGradient.count),
      Numbers.poisoned(example.inputGradient.count)
    )
  }

  private func expectZeros(
    _ example: Example, _ y: AlignedBuffer, _ dw: AlignedBuffer, _ dx: AlignedBuffer, _ how: String
  ) {
    let g = example.geometry
    let what =
      "(\(g.inputHeight), \(g.inputWidth), \(g.channels)) ∗ \(g.kernel)/\(g.stride) at \(g.padTop), "
      + "\(g.padLeft), \(how)"
    let pairs = [
      ("outputs", y, example.output), ("the kernel's gradient", dw, example.kernelGradient),
      ("the input's gradient", dx, example.inputGradient),
    ]
    for (name, found, expected) in pairs {
      let same = zip(found.view.array, expected).allSatisfy { ($0 == 0) == ($1 == 0) }
      #expect(same, "zeros of \(name) of \(what)")
      #expect(relativeError(found.view.array, expected) <= 5e-6, "\(name) of \(what)")
    }
  }
}
