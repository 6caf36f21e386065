internal import CPinionKernels
public import PinionTensor

/// Sets random values to zero in training, with probability `rate`, and scales the others by
/// 1/(1 − rate) (Srivastava et al. 2014).
///
/// The selection depends only on the seed, the layer, the step and the value's index in the batch.
public struct Dropout: Layer {
  /// The probability that a value is set to zero, in 0…1.
  public var rate: Double
  public var name: String?

  public init(_ rate: Double, name: String? = nil) {
    self.rate = rate
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      rate >= 0 && rate <= 1, "rate must be between 0 and 1", received: "\(rate)")
    return inputs[0]
  }

  /// y = x·mask/(1 − rate), dx = dy·mask/(1 − rate), in place; an alias if no value is dropped.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    guard pass.mode == .training, rate > 0 else {
      program.outputMemory = .alias
      program.channelShift = .shifts
      return program
    }
    program.outputMemory = .inPlace
    let size = pass.output.elementCount
    let mask = program.reserve(.kept, of: UInt8.self, count: size)
    let scale: Float = rate < 1 ? Float(1 / (1 - rate)) : 0
    let threshold = UInt32(min(rate * 4_294_967_296, 4_294_967_295))
    program.forward = [
      .samples { context in
        Self.draw(context[mask], size: size, threshold: threshold, context)
        Self.apply(context[mask], scale, to: context.inputs[0], into: context.output)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        Self.apply(context[mask], scale, to: context.outputGradient, into: dx)
      }
    ]
    return program
  }

  /// Uses four values of each block of random numbers, with consecutive blocks for consecutive
  /// samples.
  private static func draw(
    _ mask: MemoryView<UInt8>, size: Int, threshold: UInt32, _ context: LayerContext
  ) {
    require(mask.count == context.sampleCount * size, "a mask of another length")
    let blocks = (size + 3) / 4
    for (place, sample) in context.samples.enumerated() {
      pinion_dropout_mask(
        context.random.seed, context.random.stream, UInt64(sample * blocks), threshold, size,
        mask.base + place * size)
    }
  }

  private static func apply(
    _ mask: MemoryView<UInt8>, _ scale: Float, to values: MemoryView<Float>,
    into result: MemoryView<Float>
  ) {
    require(
      values.count == result.count && mask.count >= values.count,
      "values, results and mask of different lengths")
    pinion_dropout(values.base, mask.base, scale, values.count, result.base)
  }
}
