public import PinionTensor

/// Adds normally distributed numbers of mean 0 to the values in training: y = x + noise.
///
/// The noise depends only on the seed, the layer, the step and the value's index in the batch. As
/// Keras 3's `GaussianNoise`.
public struct GaussianNoise: Layer {
  /// The standard deviation of the noise.
  public var standardDeviation: Double
  public var name: String?

  public init(_ standardDeviation: Double, name: String? = nil) {
    self.standardDeviation = standardDeviation
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      standardDeviation >= 0 && Float(standardDeviation).isFinite,
      "the standard deviation must be finite and not negative", received: "\(standardDeviation)")
    return inputs[0]
  }

  /// y = x + noise, dx = dy, in place.
  public func program(for pass: LayerPass) -> LayerProgram {
    guard pass.mode == .training, standardDeviation > 0 else { return NoiseRate.identity(pass) }
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.outputMemory = .inPlace
    let size = pass.output.elementCount
    let noise = program.reserve(.scratch, count: size)
    let deviation = Float(standardDeviation)
    program.forward = [
      .samples { context in
        let (x, y, noise) = (context.inputs[0], context.output, context[noise])
        require(x.count == context.sampleCount * size && y.count == x.count, "a sample's length")
        for (place, sample) in context.samples.enumerated() {
          context.random.fillNormal(
            noise, standardDeviation: deviation, from: UInt64(sample * ((size + 3) / 4)))
          let (from, to, added) = (x.base + place * size, y.base + place * size, noise.base)
          for i in 0..<size { to[i] = from[i] + added[i] }
        }
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        if dx.base != context.outputGradient.base { dx.copy(from: context.outputGradient) }
      }
    ]
    return program
  }
}

/// Multiplies the values by normally distributed numbers of mean 1 and standard deviation
/// √(rate/(1 − rate)) in training: y = x·noise, with the variance that ``Dropout`` of the same rate
/// causes.
///
/// The noise depends only on the seed, the layer, the step and the value's index in the batch. As
/// Keras 3's `GaussianDropout` (Srivastava et al. 2014).
public struct GaussianDropout: Layer {
  /// The rate of a dropout with noise of the same variance, in 0..<1.
  public var rate: Double
  public var name: String?

  public init(_ rate: Double, name: String? = nil) {
    self.rate = rate
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      rate >= 0 && rate < 1, "rate must be from 0 to less than 1", received: "\(rate)")
    return inputs[0]
  }

  /// y = x·noise, dx = dy·noise, in place.
  public func program(for pass: LayerPass) -> LayerProgram {
    guard pass.mode == .training, rate > 0 else { return NoiseRate.identity(pass) }
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.outputMemory = .inPlace
    let size = pass.output.elementCount
    let noise = program.reserve(.kept, count: size)
    let deviation = Float((rate / (1 - rate)).squareRoot())
    program.forward = [
      .samples { context in
        let noise = context[noise]
        for (place, sample) in context.samples.enumerated() {
          context.random.fillNormal(
            noise[place * size..<(place + 1) * size], mean: 1, standardDeviation: deviation,
            from: UInt64(sample * ((size + 3) / 4)))
        }
        multiply(context.inputs[0], by: noise, into: context.output)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        multiply(context.outputGradient, by: context[noise], into: dx)
      }
    ]
    return program
  }
}

private func multiply(
  _ values: MemoryView<Float>, by factors: MemoryView<Float>, into results: MemoryView<Float>
) {
  require(
    values.count == factors.count && results.count == values.count, "factors of another length")
  let (x, f, y) = (values.base, factors.base, results.base)
  for i in 0..<values.count { y[i] = x[i] * f[i] }
}
