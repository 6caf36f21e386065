internal import CPinionKernels
public import PinionTensor

/// Sets random channels of a sample to zero in training, over all of its pixels, and scales the
/// others by 1/(1 − rate).
///
/// - Input and output: (N, height, width, channels).
///
/// Random numbers as those of ``Dropout``. As Keras 3's `SpatialDropout2D` (Tompson et al. 2015).
public struct SpatialDropout2D: Layer {
  /// The probability that a channel is set to zero, in 0…1.
  public var rate: Double
  public var name: String?

  public init(_ rate: Double, name: String? = nil) {
    self.rate = rate
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try NoiseRate.validate(rate)
    try LayerError.require(
      inputs[0].rank == 3, "an input of shape (height, width, channels)",
      received: "the shape \(inputs[0])")
    return inputs[0]
  }

  /// y = x·mask/(1 − rate), dx = dy·mask/(1 − rate), in place, with a mask for each channel.
  public func program(for pass: LayerPass) -> LayerProgram {
    guard pass.mode == .training, rate > 0 else { return NoiseRate.identity(pass) }
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.outputMemory = .inPlace
    let channels = pass.output[2]
    let pixels = pass.output[0] * pass.output[1]
    let mask = program.reserve(.kept, of: UInt8.self, count: channels)
    let scale = NoiseRate.scale(rate)
    let threshold = NoiseRate.threshold(rate)
    @Sendable func apply(
      _ mask: MemoryView<UInt8>, to x: MemoryView<Float>, into y: MemoryView<Float>
    ) {
      require(
        x.count == mask.count * pixels && y.count == x.count,
        "values, results and mask of different lengths")
      for row in 0..<mask.count / channels * pixels {
        pinion_dropout(
          x.base + row * channels, mask.base + row / pixels * channels, scale, channels,
          y.base + row * channels)
      }
    }
    program.forward = [
      .samples { context in
        let mask = context[mask]
        require(mask.count == context.sampleCount * channels, "a mask of another length")
        for (place, sample) in context.samples.enumerated() {
          pinion_dropout_mask(
            context.random.seed, context.random.stream, UInt64(sample * ((channels + 3) / 4)),
            threshold, channels, mask.base + place * channels)
        }
        apply(mask, to: context.inputs[0], into: context.output)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        apply(context[mask], to: context.outputGradient, into: dx)
      }
    ]
    return program
  }
}

/// Sets random samples to zero in training, and scales the others by 1/(1 − rate): at the end of a
/// residual branch, the sample then skips the branch.
///
/// The selection depends only on the seed, the layer, the step and the sample's index in the batch.
/// As torchvision's `StochasticDepth(p, mode="row")` (Huang et al. 2016).
public struct StochasticDepth: Layer {
  /// The probability that a sample is set to zero, in 0…1.
  public var rate: Double
  public var name: String?

  public init(_ rate: Double, name: String? = nil) {
    self.rate = rate
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try NoiseRate.validate(rate)
    return inputs[0]
  }

  /// y = x/(1 − rate) or 0, dx = dy/(1 − rate) or 0, in place.
  public func program(for pass: LayerPass) -> LayerProgram {
    guard pass.mode == .training, rate > 0 else { return NoiseRate.identity(pass) }
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.outputMemory = .inPlace
    let size = pass.output.elementCount
    let (scale, threshold) = (NoiseRate.scale(rate), NoiseRate.threshold(rate))
    @Sendable func apply(
      _ values: MemoryView<Float>, into results: MemoryView<Float>, _ context: LayerContext
    ) {
      require(
        values.count == context.sampleCount * size && results.count == values.count,
        "a sample's length")
      for (place, sample) in context.samples.enumerated() {
        let (x, y) = (values.base + place * size, results.base + place * size)
        // The same in both passes.
        if context.random.bits(at: UInt64(sample)).x >= threshold {
          for i in 0..<size { y[i] = x[i] * scale }
        } else {
          for i in 0..<size { y[i] = 0 }
        }
      }
    }
    program.forward = [.samples { apply($0.inputs[0], into: $0.output, $0) }]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        apply(context.outputGradient, into: dx, context)
      }
    ]
    return program
  }
}

/// The shared functions of the dropout layers.
enum NoiseRate {
  static func validate(_ rate: Double) throws {
    try LayerError.require(
      rate >= 0 && rate <= 1, "rate must be between 0 and 1", received: "\(rate)")
  }

  /// The factor of the values that are kept.
  static func scale(_ rate: Double) -> Float { rate < 1 ? Float(1 / (1 - rate)) : 0 }

  /// A value is dropped if its 32 random bits are below it.
  static func threshold(_ rate: Double) -> UInt32 {
    UInt32(min(rate * 4_294_967_296, 4_294_967_295))
  }

  /// The output is the input.
  static func identity(_ pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.outputMemory = .alias
    program.channelShift = .shifts
    return program
  }
}
