public import PinionTensor

/// Reshapes samples, row-major. As Keras 3's `Reshape`.
public struct Reshape: Layer {
  /// The shape of a sample; one size may be −1, and is then inferred from the others.
  public var shape: [Int]
  public var name: String?

  /// Such as `Reshape([-1, 64])`.
  public init(_ shape: [Int], name: String? = nil) {
    self.shape = shape
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let count = inputs[0].elementCount
    try LayerError.require(
      shape.count { $0 == -1 } <= 1 && shape.allSatisfy { $0 == -1 || $0 > 0 },
      "positive sizes, at most one of them -1", received: "the shape \(shape)")
    // One by one, so that no product overflows.
    var rest = count
    for size in shape where size != -1 {
      try LayerError.require(
        rest % size == 0, "a shape of \(count) elements, as the input has",
        received: "the shape \(shape)")
      rest /= size
    }
    try LayerError.require(
      rest == 1 || shape.contains(-1), "a shape of \(count) elements, as the input has",
      received: "the shape \(shape)")
    return Shape(shape.map { $0 == -1 ? rest : $0 })
  }

  /// The output is the input.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .alias
    program.backwardReads = []
    let (before, after) = (pass.inputs[0].last ?? 1, pass.output.last ?? 1)
    if after % before == 0 { program.channelShift = .shifts }
    return program
  }
}

/// Repeats a vector n times: (N, C) → (N, n, C). As Keras 3's `RepeatVector`.
public struct RepeatVector: Layer {
  /// n.
  public var count: Int
  public var name: String?

  public init(_ count: Int, name: String? = nil) {
    self.count = count
    self.name = name
  }

  /// (C,) → (n, C).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(count, named: "the count", received: count)
    try LayerError.require(
      inputs[0].rank == 1, "an input of shape (channels,)", received: "the shape \(inputs[0])")
    return [count, inputs[0][0]]
  }

  /// y[t] = x; dx = Σₜ dy[t].
  public func program(for pass: LayerPass) -> LayerProgram {
    let (count, channels) = (count, pass.inputs[0][0])
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    program.forward = [
      .samples { context in
        for sample in 0..<context.sampleCount {
          let x = context.inputs[0][sample * channels..<(sample + 1) * channels]
          for step in sample * count..<(sample + 1) * count {
            context.output[step * channels..<(step + 1) * channels].copy(from: x)
          }
        }
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        dx.fill(0)
        let size = count * channels
        for sample in 0..<context.sampleCount {
          addColumnSums(
            of: context.outputGradient[sample * size..<(sample + 1) * size],
            to: dx[sample * channels..<(sample + 1) * channels])
        }
      }
    ]
    return program
  }
}

/// Reshapes each sample to a vector, row-major: (N, H, W, C) → (N, H·W·C). As Keras 3's `Flatten`.
public struct Flatten: Layer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// (…) → (product of all sizes,).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard let count = SizeLimits.elementCount(of: inputs[0]), count <= SizeLimits.side else {
      throw LayerError(
        "an input of at most \(SizeLimits.side) elements", received: "the shape \(inputs[0])")
    }
    return [count]
  }

  /// The output is an alias of the input.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .alias
    program.backwardReads = []
    program.channelShift = .shifts
    return program
  }
}
