internal import CPinionKernels
public import PinionTensor

/// Sets a random part of the values to zero in training, and scales the rest by 1/(1 − rate).
///
/// Which values go depends on the seed, the layer, the step and the value's place in the batch alone (Srivastava et al. 2014; Philox random numbers).
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

  /// In place, with the mask kept for the gradient; nothing at all where nothing is dropped.
  public func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.backwardReadsInputs = false
    execution.memory = pass.mode == .training && rate > 0 ? .inPlace : .alias
    if execution.memory == .inPlace {
      execution.keptBytes = pass.output.elementCount
    } else {
      execution.channelShift = .shifts
    }
    return execution
  }

  /// y = x·mask/(1 − rate).
  ///
  /// Four values from each block of random numbers; an image's blocks follow those of the image before it in the batch.
  public func forward(_ context: LayerContext) {
    let elements = context.output.count / max(1, context.imageCount)
    let blocks = (elements + 3) / 4
    let threshold = UInt32(min(rate * 4_294_967_296, 4_294_967_295))
    let (x, y, mask) = (context.inputs[0], context.output, context.kept)
    require(
      x.count == y.count && mask.count >= y.count, "values, results and mask of different lengths")
    for (place, image) in context.images.enumerated() {
      pinion_dropout_mask(
        context.random.seed, context.random.stream, UInt64(image * blocks), threshold, elements,
        mask.base + place * elements)
    }
    pinion_dropout(x.base, mask.base, scale, y.count, y.base)
  }

  /// dx = dy·mask/(1 − rate).
  public func backward(_ context: LayerContext) {
    guard let dx = context.inputGradients[0] else { return }
    let (dy, mask) = (context.outputGradient, context.kept)
    require(
      dx.count == dy.count && mask.count >= dy.count, "gradients and mask of different lengths")
    pinion_dropout(dy.base, mask.base, scale, dy.count, dx.base)
  }

  private var scale: Float { rate < 1 ? Float(1 / (1 - rate)) : 0 }
}
