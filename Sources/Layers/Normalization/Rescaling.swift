internal import CPinionKernels
public import PinionTensor

/// y = scale·x + offset, such as to scale pixels in 0…255 to 0…1 (`Rescaling(1 / 255)`) or to −1…1
/// (`Rescaling(1 / 127.5, offset: -1)`). As Keras 3's `Rescaling`.
public struct Rescaling: Layer {
  /// The factor.
  public var scale: Float
  /// Default: 0.
  public var offset: Float
  public var name: String?

  public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
    self.scale = scale
    self.offset = offset
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      scale.isFinite && offset.isFinite, "scale and offset must be finite",
      received: "\(scale) and \(offset)")
    return inputs[0]
  }

  /// y = scale·x + offset, dx = scale·dy, in place.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .inPlace
    program.backwardReads = []
    program.forward = [
      .samples { context in
        let (x, y) = (context.inputs[0], context.output)
        require(x.count == y.count, "input and output differ in length")
        pinion_normalize(x.base, x.count, 0, scale, offset, y.base)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        let dy = context.outputGradient
        require(dx.count == dy.count, "gradients differ in length")
        pinion_normalize(dy.base, dy.count, 0, scale, 0, dx.base)
      }
    ]
    return program
  }
}
