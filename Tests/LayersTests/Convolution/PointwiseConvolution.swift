import PinionTensor

@testable import PinionLayers

/// A 1 × 1 convolution with stride 1 as one matrix product over all pixels of a call:
/// y (P, F) = x (P, C) · W (C, F).
struct PointwiseConvolution: ConvolutionImplementation {
  static let algorithm = ConvolutionAlgorithm(name: "pointwise", Self.self)

  let channels, filters, pixels: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    shape.geometry.isPointwise && shape.groups == 1
      ? nil
      : LayerError(
        "a 1 × 1 kernel, a stride of 1 and one group",
        received:
          "the kernel \(shape.geometry.kernel), the stride \(shape.geometry.stride) and "
          + "\(shape.groups) groups")
  }

  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool { true }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    (channels, filters) = (shape.geometry.channels, shape.filters)
    pixels = shape.geometry.outputPixels
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let (kernel, epilogue) = (operands.kernel, operands.epilogue)
    program.forward = [
      .samples { context in
        BLAS.gemm(
          m: context.sampleCount * pixels, n: filters, k: channels, a: context.inputs[0].base,
          lda: channels, b: context[kernel].base, ldb: filters, c: context.output.base,
          ldc: filters)
        epilogue.apply(to: context.output.indices, context)
      }
    ]
    program.backward = [
      .samples { context in
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        let (rows, dz) = (context.sampleCount * pixels, context.outputGradient.base)
        BLAS.gemm(
          .yes, .no, m: channels, n: filters, k: rows, a: context.inputs[0].base, lda: channels,
          b: dz, ldb: filters, beta: context.accumulates ? 1 : 0,
          c: context.gradient(of: kernel).base, ldc: filters)
        guard let dx = context.inputGradients[0] else { return }
        BLAS.gemm(
          .no, .yes, m: rows, n: channels, k: filters, a: dz, lda: filters,
          b: context[kernel].base, ldb: filters, c: dx.base, ldc: channels)
      }
    ]
  }
}
