internal import PinionTensor

/// Computes a convolution by the loops of its definition, ``NaiveConvolution``.
struct DirectConvolution: ConvolutionImplementation {
  static let algorithm = ConvolutionAlgorithm(name: "direct", Self.self)

  private let loops: NaiveConvolution
  private let shape: ConvolutionShape

  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool { false }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.shape = shape
    loops = NaiveConvolution(
      geometry: shape.geometry, filters: shape.filters, groups: shape.groups)
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let pass = program.pass
    let (kernel, epilogue) = (operands.kernel, operands.epilogue)
    let width = shape.geometry.outputWidth * shape.filters
    program.forward = [
      pass.forwardPhase(rows: shape.geometry.outputHeight, pieces: 8) { context, rows in
        loops.forward(
          context.inputs[0].base, kernel: context[kernel].base, output: context.output.base,
          rows: rows)
        epilogue.apply(to: rows.lowerBound * width..<rows.upperBound * width, context)
      }
    ]
    // A frozen layer's gradients are written, but not read.
    let unread = pass.isTrainable ? nil : program.reserve(.scratch, count: shape.kernelSize)
    program.backward = [
      .samples { context in
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        let kernelGradient = unread.map { context[$0] } ?? context.gradient(of: kernel)
        if !context.accumulates { kernelGradient.fill(0) }
        context.inputGradients[0]?.fill(0)
        loops.backward(
          context.inputs[0].base, kernel: context[kernel].base,
          outputGradient: context.outputGradient.base, kernelGradient: kernelGradient.base,
          inputGradient: context.inputGradients[0]?.base, images: context.sampleCount)
      }
    ]
  }
}

extension ConvolutionAlgorithm {
  /// The definition as plain loops, for comparison; slow. Supports any shape.
  public static var direct: ConvolutionAlgorithm { DirectConvolution.algorithm }
}

/// The definition of a convolution as plain loops, in any precision, the reference of
/// the fast kernels.
///
/// y[n,i,j,o] = Σ over k, l, c of x[n, i·s + k·d − top, j·s + l·d − left, c] · W[k,l,c,o], with
/// stride s and dilation d. In G groups, the g-th part of the outputs o is of the g-th part of the
/// channels c alone, and W (kh, kw, C / G, F) counts the channels within their group. A depthwise
/// convolution has C groups.
package struct NaiveConvolution {
  private let g: WindowGeometry
  private let filters, groups: Int

  package init(geometry: WindowGeometry, filters: Int, groups: Int = 1) {
    g = geometry
    self.filters = filters
    self.groups = groups
  }

  /// Writes output rows, numbered across the samples. x: (n, H, W, C); kernel: (kh, kw, C / G, F);
  /// output: (n, H′, W′, F).
  package func forward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, kernel: UnsafePointer<Number>,
    output: UnsafeMutablePointer<Number>, rows: Range<Int>
  ) {
    for row in rows {
      for column in 0..<g.outputWidth {
        let y = output + (row * g.outputWidth + column) * filters
        for filter in 0..<filters { y[filter] = 0 }
        forEachTap(row: row, column: column) { input, tap, group in
          for filter in group { y[filter] += x[input] * kernel[tap * filters + filter] }
        }
      }
    }
  }

  /// Adds to the kernel's gradient and to the input's: dW += x·dy, dx += W·dy for each product of
  /// the definition.
  package func backward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, kernel: UnsafePointer<Number>,
    outputGradient: UnsafePointer<Number>, kernelGradient: UnsafeMutablePointer<Number>,
    inputGradient: UnsafeMutablePointer<Number>?, images: Int
  ) {
    for row in 0..<images * g.outputHeight {
      for column in 0..<g.outputWidth {
        let dy = outputGradient + (row * g.outputWidth + column) * filters
        forEachTap(row: row, column: column) { input, tap, group in
          for filter in group {
            kernelGradient[tap * filters + filter] += x[input] * dy[filter]
            if let inputGradient {
              inputGradient[input] += kernel[tap * filters + filter] * dy[filter]
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the places in the input and in the kernel (without its last axis) of each
  /// product for an output pixel, and the filters that it is a product for.
  private func forEachTap(
    row: Int, column: Int, _ body: (_ input: Int, _ tap: Int, _ group: Range<Int>) -> Void
  ) {
    let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
    let (channels, outputs) = (g.channels / groups, filters / groups)
    for k in 0..<g.kernel.height {
      let i = outputRow * g.stride.height + k * g.dilation.height - g.padTop
      guard i >= 0, i < g.inputHeight else { continue }
      for l in 0..<g.kernel.width {
        let j = column * g.stride.width + l * g.dilation.width - g.padLeft
        guard j >= 0, j < g.inputWidth else { continue }
        for c in 0..<g.channels {
          let group = c / channels
          body(
            ((image * g.inputHeight + i) * g.inputWidth + j) * g.channels + c,
            (k * g.kernel.width + l) * channels + c % channels,
            group * outputs..<(group + 1) * outputs)
        }
      }
    }
  }
}
