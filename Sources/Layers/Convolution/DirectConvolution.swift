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
