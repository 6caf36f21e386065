public import PinionTensor

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
