internal import CPinionKernels
public import PinionTensor

/// Sets a random part of the values to zero in training, and scales the rest by 1/(1 − rate).
///
/// Which values go depends on the seed, the layer, the step and the value's place in the batch
/// alone (Srivastava et al. 2014; Philox random numbers).
public struct Dropout: Layer {
  /// The expected part of the values that is set to zero, in 0…1.
  public var rate: Double
  /// The layer's name, or nil for one made from its type.
  public var name: String?

  /// A layer that drops a part `rate` of the values in training.
  public init(_ rate: Double, name: String? = nil) {
    self.rate = rate
    self.name = name
  }

  /// The shape of the input.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      rate >= 0 && rate <= 1, "rate must be between 0 and 1", received: "\(rate)")
    return inputs[0]
  }

  /// y = x·mask/(1 − rate), dx = dy·mask/(1 − rate), in place; an alias where nothing is dropped.
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

  /// Four values from each block of random numbers; a sample's blocks follow those of the sample
  /// before it in the batch.
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
